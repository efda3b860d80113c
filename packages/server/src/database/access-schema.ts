import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'

type Timestamp = ColumnType<Date, Date | undefined, Date>
type NullableTimestamp = ColumnType<Date | null, Date | null | undefined, Date | null>

/** The budget of a scope that has opted in to prediction; at least one of the limits is there. */
export interface ScopePrediction {
  dailyGenerations?: number | undefined
  dailyUsd?: number | undefined
}

/** API keys by their hash, and signing keys, of which nothing secret is stored. */
export interface AccessKeysTable {
  id: string
  kind: 'api' | 'signing'
  project: string
  name: string
  rights: ColumnType<string[], string[], string[]>
  /** The only scopes it may be used for; `null`: all of the project. */
  scopes: ColumnType<string[] | null, string[] | null, string[] | null>
  /** HMAC-SHA256 of an API key under the server's secret. */
  hash: ColumnType<Buffer | null, Buffer | null, never>
  rate_per_minute: number | null
  replaced_by: string | null
  created_at: Timestamp
  expires_at: NullableTimestamp
  revoked_at: NullableTimestamp
  last_used_at: NullableTimestamp
}

/** What is allowed in one scope of a project. `null` limits: the defaults of the configuration. */
export interface ScopesTable {
  project: string
  name: string
  visibility: Generated<'public' | 'private'>
  unsigned_live: Generated<boolean>
  /** `false`: nothing new is generated. */
  enabled: Generated<boolean>
  max_per_hour: number | null
  /** int8: read as a string by the driver. */
  max_total: ColumnType<string | null, number | null, number | null>
  max_usd_per_day: number | null
  assumed_usd: number | null
  models: ColumnType<string[] | null, string[] | null, string[] | null>
  sizes: ColumnType<string[] | null, string[] | null, string[] | null>
  origins: ColumnType<string[] | null, string[] | null, string[] | null>
  /** Days that pictures are kept after they were made; 0: for ever, `null`: as the configuration says. */
  retain_days: number | null
  /** Days that pictures are kept after they were last used. */
  retain_unused_days: number | null
  /** What may be made ahead of demand; `null`: nothing. */
  prediction: JSONColumnType<ScopePrediction | null, string | null, string | null>
  /** New generations so far. int8: read as a string by the driver. */
  started_total: ColumnType<string, number | undefined, number>
  updated_at: Timestamp
}

/** One row for each new generation that a scope's budget paid for; old ones are deleted. */
export interface ScopeChargesTable {
  generation_id: string
  attempt: number
  project: string
  scope: string
  /** What it counts for as long as its cost is not known. */
  assumed_usd: number
  created_at: Timestamp
}

/** Administrative acts. */
export interface AuditLogTable {
  id: GeneratedAlways<string>
  /** A key's id, `cli`, or `local`. */
  actor: string
  act: string
  project: string
  subject: string
  facts: JSONColumnType<Record<string, unknown>, string | undefined, string>
  created_at: Timestamp
}

/** The tables of access. */
export interface AccessSchema {
  access_keys: AccessKeysTable
  scopes: ScopesTable
  scope_charges: ScopeChargesTable
  audit_log: AuditLogTable
}

import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { NullableTimestamp, Timestamp } from './column-types.ts'

/** One CDN. Whoever has the lease is the one process that calls it. */
export interface CdnStatesTable {
  /** As the configuration names it. */
  cdn: string
  /** After a failure that concerns the CDN as a whole, it is not called before. */
  retry_at: NullableTimestamp
  /** Such failures in a row. */
  failures: Generated<number>
  worker_id: number | null
  lease: string | null
  /** int8: read as a string by the driver. */
  calls: ColumnType<string, never, string>
  last_success_at: NullableTimestamp
  last_error: string | null
  last_error_at: NullableTimestamp
}

/** One name that a CDN is still to drop, for all who ordered it; or a dead letter. */
export interface CdnPurgesTable {
  /** int8: read as a string by the driver. */
  id: GeneratedAlways<string>
  cdn: string
  kind: 'tag' | 'everything'
  /** The tag; nothing for `everything`. */
  name: string
  soft: boolean
  status: Generated<'pending' | 'failed'>
  /** Orders that are one row. */
  orders: Generated<number>
  /** 1: to be purged. 2: once more, for what the CDN was fetching meanwhile. */
  round: Generated<number>
  /** It was refused together with others: it is sent by itself. */
  alone: Generated<boolean>
  /** Of the first order. */
  ordered_at: Timestamp
  due_at: Timestamp
  /** Of the call under way. */
  lease: string | null
  failure: 'unauthorized' | 'refused' | 'given-up' | null
  /** In words, without secrets. */
  reason: string | null
  failed_at: NullableTimestamp
}

/** Its part of the schema. */
export interface CdnSchema {
  cdn_states: CdnStatesTable
  cdn_purges: CdnPurgesTable
}

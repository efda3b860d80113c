import type { Selectable } from 'kysely'
import type { ScopePrediction, ScopesTable } from '../database/access-schema.ts'

/** What holds in a scope. `undefined` limits are none. */
export interface ScopePolicy {
  project: string
  name: string
  /** `private`: pictures need a key or a signature by their address too, and shared caches keep none. */
  visibility: 'public' | 'private'
  /** Prompt URLs need neither key nor signature here. */
  unsignedLive: boolean
  /** `false`: nothing new is generated. */
  enabled: boolean
  maxPerHour: number | undefined
  maxTotal: number | undefined
  maxUsdPerDay: number | undefined
  /** What a generation counts whose cost is not known (yet), in US dollars. */
  assumedUsd: number
  /** Public model names; `undefined`: all. */
  models: readonly string[] | undefined
  /** As `1024x768`; `undefined`: all. */
  sizes: readonly string[] | undefined
  /** Pages that may ask; `undefined`: all. */
  origins: readonly string[] | undefined
  /** How long pictures are kept. */
  retention: ScopeRetention
  /** What may be made ahead of demand; `undefined`: nothing. */
  prediction: ScopePrediction | undefined
}

/** In days; `null`: for ever, `undefined`: as the configuration says. */
export interface ScopeRetention {
  maxAgeDays: number | null | undefined
  unusedDays: number | null | undefined
}

/** Whether anything bounds what is spent in a scope. */
export function hasBudget({ maxPerHour, maxTotal, maxUsdPerDay }: ScopePolicy): boolean {
  return maxPerHour !== undefined || maxTotal !== undefined || maxUsdPerDay !== undefined
}

/** Limits of scopes that set none of their own. */
export interface ScopeDefaults {
  maxPerHour: number | undefined
  maxUsdPerDay: number | undefined
}

/** The price assumed where nobody said another: what the dearest common picture costs (gpt-image-1, high). */
export const defaultAssumedUsd = 0.25

/** What holds in a scope that nobody has set. */
export function defaultPolicy(project: string, name: string, defaults: ScopeDefaults): ScopePolicy {
  return {
    project,
    name,
    visibility: 'public',
    unsignedLive: false,
    enabled: true,
    maxPerHour: defaults.maxPerHour,
    maxTotal: undefined,
    maxUsdPerDay: defaults.maxUsdPerDay,
    assumedUsd: defaultAssumedUsd,
    models: undefined,
    sizes: undefined,
    origins: undefined,
    retention: { maxAgeDays: undefined, unusedDays: undefined },
    prediction: undefined,
  }
}

export function policyOf(row: Selectable<ScopesTable>, defaults: ScopeDefaults): ScopePolicy {
  return {
    project: row.project,
    name: row.name,
    visibility: row.visibility,
    unsignedLive: row.unsigned_live,
    enabled: row.enabled,
    maxPerHour: row.max_per_hour ?? defaults.maxPerHour,
    maxTotal: row.max_total === null ? undefined : Number(row.max_total),
    maxUsdPerDay: row.max_usd_per_day ?? defaults.maxUsdPerDay,
    assumedUsd: row.assumed_usd ?? defaultAssumedUsd,
    models: row.models ?? undefined,
    sizes: row.sizes ?? undefined,
    origins: row.origins ?? undefined,
    retention: {
      maxAgeDays: daysOf(row.retain_days),
      unusedDays: daysOf(row.retain_unused_days),
    },
    prediction: row.prediction ?? undefined,
  }
}

function daysOf(column: number | null): number | null | undefined {
  if (column === null) return undefined
  return column === 0 ? null : column
}

/** How the days of a rule are stored: 0 is for ever. */
export function daysColumn(days: number | null | undefined): number | null {
  return days === undefined ? null : (days ?? 0)
}

import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'
import type { NullableTimestamp, Timestamp } from './column-types.ts'

/** One request for a picture: keys, sizes and times, and no prompt. */
export interface UsageEventsTable {
  /** int8: read as a string by the driver. */
  id: GeneratedAlways<string>
  at: Timestamp
  project: string
  scope: string
  /** What was asked for, whichever renderer draws it. */
  key: string
  /** `null`: asked for by the address of a stored picture. */
  generation_key: string | null
  image_id: string | null
  /** Asks that differ in size, style or seed alone are of one family. */
  family: string
  /** A hash that is another one each day. */
  session: string | null
  width_px: number | null
  height_px: number | null
  format: string | null
  /** `hit`, `stale`, `collapsed`, `miss`, `pre-generated` or `other`. */
  class: string
  /** `null` where the ask did not wait for its answer. */
  wait_ms: number | null
}

export type PredictionStatus = 'planned' | 'made' | 'used' | 'late' | 'wasted' | 'held-out' | 'skipped'

/** A picture that was foreseen, and what became of it. */
export interface PredictionsTable {
  /** `pre_…` */
  id: string
  project: string
  scope: string
  kind: 'rewarm' | 'sibling' | 'new-item' | 'catalog'
  key: string
  family: string
  reason: string
  probability: number | null
  status: PredictionStatus
  generation_id: string | null
  catalog_id: string | null
  /** What it counts for in the day's budget until its cost is known. */
  assumed_usd: Generated<number>
  planned_at: Timestamp
  made_at: NullableTimestamp
  used_at: NullableTimestamp
  cost_usd: number | null
  /** What the first who asked would have waited for. */
  saved_ms: number | null
  /** What the first who asked did wait. */
  wait_ms: number | null
}

/** How items become prompts. */
export interface StoredTemplate {
  prompt: string
  negative?: string | undefined
  model?: string | undefined
  variations: StoredVariation[]
}

/** One picture of each item. */
export interface StoredVariation {
  name: string
  widthPx: number
  heightPx: number
  seed: number
  style?: string | undefined
  /** What this variation's prompt is instead of the catalogue's, such as another language. */
  prompt?: string | undefined
}

/** When staged items go live: a cron expression or an RRULE. */
export interface StoredSchedule {
  cron?: string | undefined
  rrule?: string | undefined
  timeZone: string
}

export interface CatalogsTable {
  /** `cat_…` */
  id: string
  project: string
  scope: string
  name: string
  template: JSONColumnType<StoredTemplate, string, string>
  schedule: JSONColumnType<StoredSchedule | null, string | null, string | null>
  lead_s: number
  next_go_live_at: NullableTimestamp
  last_go_live_at: NullableTimestamp
  created_at: Timestamp
  updated_at: Timestamp
}

export interface CatalogItemsTable {
  catalog_id: string
  item_id: string
  /** The fields that hold now. */
  live: ColumnType<Record<string, string> | null, string | null, string | null>
  /** The fields that hold from the next go-live on. */
  staged: ColumnType<Record<string, string> | null, string | null, string | null>
  /** It leaves at the next go-live. */
  is_removal: Generated<boolean>
  staged_at: NullableTimestamp
  live_at: NullableTimestamp
}

export interface PredictionSchema {
  usage_events: UsageEventsTable
  predictions: PredictionsTable
  catalogs: CatalogsTable
  catalog_items: CatalogItemsTable
}

import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { GenerationStatus, NullableTimestamp, Timestamp } from './column-types.ts'

/** A carousel: one base, its slides, and how far it is. */
export interface CarouselsTable {
  id: string
  project: string
  scope: string
  tags: ColumnType<string[], string[], string[]>
  status: GenerationStatus
  /** The base as it was asked for. */
  base: JSONColumnType<CarouselBase, string, string>
  /** All that the slides have in common. */
  design: JSONColumnType<CarouselDesign, string, never>
  /** The request and the generation of a base that is a prompt. */
  base_request_id: string | null
  base_generation_id: string | null
  /** `null` until the base is stored here. */
  base_hash: string | null
  base_image_id: string | null
  /** How this carousel came to the bytes behind its URL. */
  base_how: 'ran' | 'joined' | 'cached' | null
  /** The row of `base_claims` that this carousel makes or waits for. */
  base_key: string | null
  logo_hash: string | null
  logo_how: 'ran' | 'joined' | 'cached' | null
  /** The place in line among all scopes: the lower, the earlier. int8, small enough for a number. */
  turn: ColumnType<string, number | undefined, number | string>
  /** What others make for this carousel; while it waits it has neither job nor worker. */
  waits_for: 'generation' | 'base' | 'slides' | null
  job_id: string | null
  worker_id: number | null
  /** Fencing token of the run that may change the record. */
  lease: string | null
  retries: Generated<number>
  reruns: Generated<number>
  /** What this carousel needed in all. */
  work: JSONColumnType<StoredWork, string | undefined, string>
  /** What the last edits and retries needed; `null` before the first. */
  edit: JSONColumnType<StoredEdit, string | undefined, string> | null
  error_code: string | null
  error_message: string | null
  event_seq: Generated<number>
  created_at: Timestamp
  settled_at: NullableTimestamp
}

/** Exactly one of `url`, `image` and `prompt`. */
export interface CarouselBase {
  url?: string
  image?: string
  prompt?: CarouselPrompt
}

/** A base that is generated first. Absent: as `PictureSpec` has it `undefined`. */
export interface CarouselPrompt {
  prompt: string
  /** The sharing domain that it is asked for in. */
  domain: string
  /** As it was asked for. */
  model?: string
  negative?: string
  style?: string
  widthPx: number
  heightPx: number
  seed: number
}

/** What the slides of a carousel share, with every default filled in. */
export interface CarouselDesign {
  widthPx: number
  heightPx: number
  format: 'jpeg' | 'png' | 'webp' | 'avif'
  quality?: number
  theme?: string
  brand: {
    color?: string
    handle?: string
    pageMark?: boolean
    swipeCue?: boolean
    logo?: { image?: string; url?: string }
  }
}

/**
 * How often a unit of each kind ran for a carousel, was shared with another run, or was there already; and how long
 * the runs took together, where that is known.
 */
export type StoredWork = Record<string, { ran: number; joined: number; cached: number; ranMs?: number }>

/** The slides that were changed or tried again since the carousel last settled, and what that needed. */
export interface StoredEdit {
  slides: number[]
  work: StoredWork
  /** The base was not there yet, so that its fetch is the edit's too. */
  withBase?: boolean
}

export interface CarouselSlidesTable {
  carousel_id: string
  index: number
  kind: 'hook' | 'credibility' | 'point' | 'cta'
  title: string
  body: string | null
  label: string | null
  status: 'queued' | 'stored' | 'failed' | 'cancelled'
  /** The row of `slide_results` that is or will be this slide; `null` until a run has asked for it. */
  slide_key: string | null
  image_id: string | null
  fit: JSONColumnType<Record<string, unknown>, string | undefined, string> | null
  bytes: number | null
  error_code: string | null
  error_message: string | null
}

/** One row per distinct slide of a project: who asks for an equal one gets this one (DESIGN, "exactly once"). */
export interface SlideResultsTable {
  key: string
  project: string
  /** The carousel whose run makes it, or made it. */
  carousel_id: string
  status: 'making' | 'stored'
  image_id: string
  fit: JSONColumnType<Record<string, unknown>, string | undefined, string> | null
  bytes: number | null
  created_at: Timestamp
}

/** A URL that some carousel is fetching now. */
export interface BaseClaimsTable {
  key: string
  carousel_id: string
  created_at: Timestamp
}

export interface CarouselEventsTable {
  carousel_id: string
  seq: number
  type: string
  data: JSONColumnType<Record<string, unknown>, string, string>
  created_at: Timestamp
}

import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'

/** How far a generation is. `stored`, `failed` and `cancelled` are settled. */
export type GenerationStatus = 'queued' | 'running' | 'stored' | 'failed' | 'cancelled'

/** `demand`: somebody waits for it. `speculative`: prediction asked for it; demand always outranks it. */
export type Priority = 'demand' | 'speculative'

type Timestamp = ColumnType<Date, Date | undefined, Date>
type NullableTimestamp = ColumnType<Date | null, Date | null | undefined, Date | null>

/** One durable record per generation key and revision, cluster-wide (DESIGN 1). */
export interface GenerationsTable {
  /** int8: read as a string by the driver. */
  id: GeneratedAlways<string>
  domain: string
  key: string
  revision: Generated<number>
  status: GenerationStatus
  /** Rises each time a new request re-arms a failed or cancelled record. */
  attempt: Generated<number>
  /** Runs after an error whose advice was to try again, within the attempt. */
  retries: Generated<number>
  /** Runs after a worker died, within the attempt. */
  reruns: Generated<number>
  priority: Priority
  /** Whose ask began the present attempt; `null` before these were kept. */
  project: string | null
  scope: string | null
  /** The place in line among all scopes: the lower, the earlier. int8, small enough for a number. */
  turn: ColumnType<string, number | undefined, number>
  alias: string
  backend: string
  model: string
  renderer_version: string
  prompt: string
  negative: string | null
  style: string | null
  width_px: number
  height_px: number
  /** int8: read as a string by the driver. */
  seed: ColumnType<string, number | string, number | string>
  job_id: string | null
  worker_id: number | null
  /** Fencing token of the run that may settle the record; a worker that lost its lease updates nothing. */
  lease: string | null
  image_id: string | null
  object_hash: string | null
  format: string | null
  bytes: number | null
  warnings: JSONColumnType<string[], string | undefined, string>
  timings: JSONColumnType<StoredTimings, string | undefined, string>
  cost_usd: number | null
  error_code: string | null
  error_message: string | null
  /** Until then a failure is answered again from the record, without a new attempt. */
  retry_after_at: NullableTimestamp
  event_seq: Generated<number>
  created_at: Timestamp
  queued_at: Timestamp
  started_at: NullableTimestamp
  settled_at: NullableTimestamp
  /** Set by `regenerate` and by a takedown: the next ask for the key starts the next revision. */
  retired_at: NullableTimestamp
  /** Set by a takedown only: the picture is no longer readable. */
  taken_down_at: NullableTimestamp
}

/** Milliseconds of the worker's stages, for `Server-Timing` and the latency tables. */
export interface StoredTimings {
  queueMs?: number
  loadMs?: number
  generateMs?: number
  verifyMs?: number
  storeMs?: number
}

/** One ask. Many requests, one generation. */
export interface RequestsTable {
  id: string
  project: string
  scope: string
  /** `carousel`: the base of a carousel. */
  source: 'native' | 'openai' | 'live' | 'carousel'
  prompt: string
  /** The model as it was asked for, or `default`. */
  model: string
  tags: ColumnType<string[], string[], string[]>
  n: number
  priority: Priority
  created_at: Timestamp
  cancelled_at: NullableTimestamp
}

export interface RequestImagesTable {
  request_id: string
  index: number
  generation_id: string
}

/** What happened to a generation, numbered from 1 for each of them. */
export interface GenerationEventsTable {
  generation_id: string
  seq: number
  type: string
  data: JSONColumnType<Record<string, unknown>, string, string>
  created_at: Timestamp
}

/** What picture URLs carry: results, uploads and slides. */
export interface ImagesTable {
  id: string
  project: string
  /** `upload`: also a base that was fetched. */
  kind: 'generation' | 'upload' | 'slide'
  generation_id: string | null
  object_hash: string
  format: string
  width_px: number
  height_px: number
  bytes: number
  created_at: Timestamp
  deleted_at: NullableTimestamp
}

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

/** How often a unit of each kind ran for a carousel, was shared with another run, or was there already. */
export type StoredWork = Record<string, { ran: number; joined: number; cached: number }>

/** The slides that were changed or tried again since the carousel last settled, and what that needed. */
export interface StoredEdit {
  slides: number[]
  work: StoredWork
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

/** The first answer of an idempotency key, kept for a day. */
export interface IdempotencyKeysTable {
  owner: string
  key: string
  fingerprint: string
  request_id: string
  answered_at: NullableTimestamp
  created_at: Timestamp
}

/**
 * One message to one receiver, about the end of one request or carousel. `waiting`: that has not ended. `pending`: to be
 * sent, or sent again. `failed`: every attempt did. `gone`: the receiver wants no more (410).
 */
export interface WebhooksTable {
  /** `msg_…`: what receivers tell repeats by. */
  id: string
  project: string
  scope: string
  /** The request (`req_…`) or the carousel (`car_…`). */
  subject: string
  url: string
  /** Scheme, host and port of the URL: receivers behind one take turns. */
  origin: string
  /** `null`: the project's. */
  secret: string | null
  status: 'waiting' | 'pending' | 'delivered' | 'failed' | 'gone'
  /** The event: `generation.stored`. */
  type: string | null
  /** The record as it was when it ended, in JSON. */
  data: string | null
  happened_at: NullableTimestamp
  /** Attempts since the message was sent off, or sent off again by hand. */
  tries: Generated<number>
  /** All attempts. */
  attempts: Generated<number>
  next_attempt_at: NullableTimestamp
  worker_id: number | null
  /** Fencing token of the attempt under way. */
  lease: string | null
  created_at: Timestamp
  ended_at: NullableTimestamp
}

export interface WebhookAttemptsTable {
  webhook_id: string
  /** From 1. */
  number: number
  at: Timestamp
  duration_ms: number
  /** What the receiver answered, if it did. */
  status: number | null
  /** What went wrong, if there was no answer: a code of `@darkroom/outbound`. */
  code: string | null
  reason: string
}

/** URLs that answered 410: nothing more is sent there until a redelivery succeeds. */
export interface WebhooksGoneTable {
  project: string
  url: string
  since: Timestamp
}

/** The signing secret of a project, and the one before it for as long as it also signs. */
export interface WebhookSecretsTable {
  project: string
  secret: string
  previous: string | null
  previous_until: NullableTimestamp
  created_at: Timestamp
}

/** One row a worker process; `id` is the number of its session advisory lock. */
export interface WorkersTable {
  id: GeneratedAlways<number>
  name: string
  started_at: Timestamp
}

/** Facts that all processes of a deployment share, such as the secret of image ids. */
export interface SettingsTable {
  name: string
  value: string
}

export interface Schema {
  generations: GenerationsTable
  requests: RequestsTable
  request_images: RequestImagesTable
  generation_events: GenerationEventsTable
  images: ImagesTable
  carousels: CarouselsTable
  carousel_slides: CarouselSlidesTable
  slide_results: SlideResultsTable
  base_claims: BaseClaimsTable
  carousel_events: CarouselEventsTable
  idempotency_keys: IdempotencyKeysTable
  webhooks: WebhooksTable
  webhook_attempts: WebhookAttemptsTable
  webhooks_gone: WebhooksGoneTable
  webhook_secrets: WebhookSecretsTable
  workers: WorkersTable
  settings: SettingsTable
}

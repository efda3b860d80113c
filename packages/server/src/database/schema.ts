import type {
  WebhookAttemptsTable,
  WebhookSecretsTable,
  WebhooksGoneTable,
  WebhooksTable,
} from './webhook-schema.ts'
import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'
import type { AccessSchema } from './access-schema.ts'
import type { CdnSchema } from './cdn-schema.ts'
import type { PredictionSchema } from './prediction-schema.ts'
import type {
  BaseClaimsTable,
  CarouselEventsTable,
  CarouselSlidesTable,
  CarouselsTable,
  SlideResultsTable,
} from './carousel-tables.ts'
import type { GenerationStatus, NullableTimestamp, Timestamp } from './column-types.ts'
import type { ScalingHistoryTable, ScalingStateTable } from './scaling-schema.ts'
import type { LatencySchema } from './latency-tables.ts'

export type {
  BaseClaimsTable,
  CarouselBase,
  CarouselDesign,
  CarouselEventsTable,
  CarouselPrompt,
  CarouselSlidesTable,
  CarouselsTable,
  SlideResultsTable,
  StoredEdit,
  StoredWork,
} from './carousel-tables.ts'
export type { GenerationStatus } from './column-types.ts'

/** `demand`: somebody waits for it. `speculative`: prediction asked for it; demand always outranks it. */
export type Priority = 'demand' | 'speculative'

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
  /** Runs that were given up for work that somebody waits for, within the attempt. */
  yields: Generated<number>
  /** When that last happened. */
  yielded_at: NullableTimestamp
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
  /** How long an accelerator was this picture's alone, where the backend says so. */
  gpu_seconds: number | null
  /** The objects that it starts from; `null`: from the prompt alone. */
  inputs: JSONColumnType<StoredInputs, string, string> | null
  strength: number | null
  steps: number | null
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
  /** The trace of the ask that began the present attempt (W3C Trace Context). */
  traceparent: ColumnType<string | null, string | null | undefined, string | null>
}

/** The objects that a generation starts from. */
export interface StoredInputs {
  image?: StoredInput
  mask?: StoredInput
  references: StoredInput[]
}

/** An object by its name, and what its bytes are. */
export interface StoredInput {
  hash: string
  format: string
}

/** Milliseconds of the worker's stages, for `Server-Timing` and the latency tables. */
export interface StoredTimings {
  queueMs?: number
  loadMs?: number
  generateMs?: number
  /** Checking and marking the picture. */
  verifyMs?: number
  /** Writing the object. */
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
  /** As coarse as `generation/image-use.ts` writes it; `null`: not since it was made, as far as is known. */
  last_used_at: NullableTimestamp
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

/** One row a worker process; `id` is the number of its session advisory lock. */
export interface WorkersTable {
  id: GeneratedAlways<number>
  name: string
  started_at: Timestamp
  /** `null`: a process without a worker. */
  state: 'starting' | 'warming' | 'ready' | 'busy' | 'draining' | 'failed' | null
  /** `backend:model` of each model that it has drawn with and still has loaded. */
  models: JSONColumnType<string[], string | undefined, string>
  /** The model that it is loading. */
  warming: string | null
  /** Generations that it runs, and how many it may run at once. */
  busy: Generated<number>
  slots: Generated<number>
  /** When it came into its state. */
  since: NullableTimestamp
  /** When it last said so: a row that is older than some seconds is a dead process's. */
  seen_at: NullableTimestamp
  /** `process-identity.ts`; `null` where the system does not tell. */
  machine: string | null
  pid: number | null
  process_start: string | null
}

/** Since when session locks can be held. The server empties the table when it recovers from a crash. */
export interface LockEpochsTable {
  server_started_at: Timestamp
  began_at: Timestamp
}

/** Facts that all processes of a deployment share, such as the secret of image ids. */
export interface SettingsTable {
  name: string
  value: string
}

export interface Schema extends AccessSchema, CdnSchema, LatencySchema, PredictionSchema {
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
  lock_epochs: LockEpochsTable
  settings: SettingsTable
  scaling_history: ScalingHistoryTable
  scaling_state: ScalingStateTable
}

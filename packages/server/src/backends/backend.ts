import type { ErrorCode } from '../errors.ts'

/** What a model server can do. Sizes in pixels; `null` means no limit of its own. */
export interface BackendCapabilities {
  /** `model`: a trained generative model. `procedural`: drawn by an algorithm; marked `algorithmicMedia`. */
  kind: 'model' | 'procedural'
  /** The version of what determines the pixels: part of every generation key. Change it when output changes. */
  rendererVersion: string
  /** Exact sizes the server accepts, or `null` for any within the limits of the API. */
  sizes: readonly { widthPx: number; heightPx: number }[] | null
  seed: boolean
  negative: boolean
  style: boolean
  progress: boolean
  previews: boolean
  /**
   * Whether a running generation really stops at its next step when its signal aborts. Speculative work yields to
   * demand in this way.
   */
  cancel: boolean
  /** What a generation can start from; what is not here is refused as `unsupported_by_backend`. */
  edits: BackendEdits
  /** How many pictures one call of `generateBatch` may make; 1: no batching. */
  batch: number
}

/** Which input pictures a model can take. */
export interface BackendEdits {
  /** One picture to change. */
  image: boolean
  /** Which part of it to change: see `BackendInputs.mask`. */
  mask: boolean
  /** Whether `image` may be changed without a prompt, by `strength` and seed alone. */
  variation: boolean
  /** How many pictures to take a subject or a style from; 0: none. */
  references: number
}

/** The edits of a model that can only start from a prompt. */
export const noEdits: BackendEdits = Object.freeze({
  image: false,
  mask: false,
  variation: false,
  references: 0,
})

/** A picture that a generation starts from: PNG, JPEG or WebP, whole and decodable. */
export interface BackendInput {
  bytes: Uint8Array
  /** As `image/png`; what the bytes are, whatever a caller called them. */
  mediaType: string
  /** Of the bytes, in hexadecimal: a name for servers that keep uploads. */
  sha256: string
}

/** The pictures that a generation starts from. */
export interface BackendInputs {
  image?: BackendInput
  /** A PNG with an alpha channel, as large as `image`: what is transparent is drawn anew, the rest kept. */
  mask?: BackendInput
  references: readonly BackendInput[]
}

/** A generation from a prompt alone. */
export const noInputs: BackendInputs = Object.freeze({ references: Object.freeze([]) })

export type BackendHealth =
  | { state: 'starting' | 'ready' | 'busy' | 'draining' }
  | { state: 'failed'; reason: string }

/** One picture to make. Every option is present, so that no adapter forgets one. */
export interface BackendRequest {
  /** Unique per attempt; servers that take an id get this one. */
  id: string
  /** The model's name as this backend knows it (`gpt-image-1`), not the public alias. */
  model: string
  prompt: string
  negative: string | undefined
  style: string | undefined
  widthPx: number
  heightPx: number
  /** Always resolved by the gateway: an integer, 0 … 2^32-1. */
  seed: number
  /** Checked against `capabilities(model).edits` before a request gets here. */
  inputs: BackendInputs
  /** How far to move away from `inputs.image`, 0..1; `undefined`: the model's own. */
  strength: number | undefined
  /** Steps of the sampler; `undefined`: the model's own. */
  steps: number | undefined
}

export interface BackendTimings {
  /** Waiting inside the model server. */
  queueMs?: number
  /** Loading weights. */
  loadMs?: number
  generateMs: number
}

/** What `generate` yields, in this order: states and progress, then one `image`, then `done`. */
export type BackendEvent =
  | { type: 'queued'; position?: number }
  | { type: 'loading' }
  | { type: 'started' }
  /** `fraction` 0..1, never decreasing. */
  | { type: 'progress'; fraction: number; step?: number; steps?: number }
  /** A small picture (longest side ≤ 256 px is asked for, at most two a second) of the state so far. */
  | { type: 'preview'; bytes: Uint8Array; mediaType: string }
  | { type: 'image'; bytes: Uint8Array; mediaType: string }
  /** `costUsd`: what the server charged. `gpuSeconds`: how long its accelerator was this picture's alone. */
  | {
      type: 'done'
      timings: BackendTimings
      costUsd?: number
      gpuSeconds?: number
      warnings: readonly string[]
    }

/** An event of one request of a batch; `failed` ends that request alone. */
export type BackendBatchEvent = { requestId: string } & (
  | BackendEvent
  | { type: 'failed'; error: BackendError }
)

/** What the queue should do after a failure. An adapter never retries by itself. */
export type RetryAdvice = 'same' | 'elsewhere' | 'smaller' | 'never'

export class BackendError extends Error {
  override readonly name = 'BackendError'
  readonly code: ErrorCode
  readonly retry: RetryAdvice
  /** The server's own `Retry-After`, in seconds. */
  readonly retryAfterS: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { retry: RetryAdvice; retryAfterS?: number | undefined; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retry = options.retry
    this.retryAfterS = options.retryAfterS
  }
}

/**
 * A model server. Adapters are siblings in this folder and all pass `backend.contract.ts`.
 * What an adapter had to ignore comes back in `warnings` of `done`, as sentences for the user.
 */
export interface Backend {
  /** The adapter's name as in `DARKROOM_MODELS` (`sketch`, `openai`). */
  readonly name: string
  capabilities(model: string): BackendCapabilities
  /** Never rejects: a server that cannot be reached is `failed` with a reason. */
  health(signal?: AbortSignal): Promise<BackendHealth>
  /**
   * A real smallest generation (one step, the smallest size), so that weights are loaded and the first request
   * pays for nothing. Hosted services that charge for each picture only check that they answer. @throws BackendError
   */
  warm(model: string, signal?: AbortSignal): Promise<void>
  /** @throws BackendError; the signal's reason when aborted. */
  generate(request: BackendRequest, signal: AbortSignal): AsyncIterable<BackendEvent>
  /**
   * Draws several pictures of one model, size and number of steps in one run; present where `batch` is above 1.
   * Each request has its own id and its own `image` and `done`, or `failed`.
   * @param requests 1 to `capabilities(model).batch`
   * @throws BackendError for all that have not ended; the signal's reason when aborted
   */
  generateBatch?(requests: readonly BackendRequest[], signal: AbortSignal): AsyncIterable<BackendBatchEvent>
  /** Gives back what memory the server can spare, after it ran out. @throws BackendError */
  free?(signal?: AbortSignal): Promise<void>
  /** The models in the server's memory at present, by the names of `BackendRequest.model`. @throws BackendError */
  loaded?(signal?: AbortSignal): Promise<readonly string[]>
  close(): Promise<void>
}

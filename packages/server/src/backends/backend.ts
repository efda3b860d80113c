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
  /** Whether a running generation really stops when its signal aborts. */
  cancel: boolean
}

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
  /** A small picture (longest side ≤ 256 px is asked for, at most four a second) of the state so far. */
  | { type: 'preview'; bytes: Uint8Array; mediaType: string }
  | { type: 'image'; bytes: Uint8Array; mediaType: string }
  | { type: 'done'; timings: BackendTimings; costUsd?: number; warnings: readonly string[] }

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
  /** A real smallest generation, so that weights are loaded. @throws BackendError */
  warm(model: string, signal?: AbortSignal): Promise<void>
  /** @throws BackendError; the signal's reason when aborted. */
  generate(request: BackendRequest, signal: AbortSignal): AsyncIterable<BackendEvent>
  close(): Promise<void>
}

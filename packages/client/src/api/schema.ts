/** The types of the API, made from its OpenAPI document by `npm run docs`. Not to be edited. */

/**
 * RFC 9457
 */
export interface Problem {
  type: string
  title: string
  status: number
  /**
   * What to change.
   */
  detail: string
  code:
    | 'invalid_request'
    | 'unknown_parameter'
    | 'duplicate_parameter'
    | 'unknown_model'
    | 'unknown_image'
    | 'malformed_http'
    | 'invalid_json'
    | 'invalid_range'
    | 'unauthorized'
    | 'invalid_key'
    | 'forbidden'
    | 'bad_signature'
    | 'signature_expired'
    | 'scope_disabled'
    | 'scope_refuses'
    | 'forbidden_host'
    | 'forwarding_refused'
    | 'cross_site_refused'
    | 'not_found'
    | 'not_generated'
    | 'method_not_allowed'
    | 'not_acceptable'
    | 'scope_name_taken'
    | 'idempotency_conflict'
    | 'not_settled'
    | 'already_settled'
    | 'cancelled'
    | 'body_too_large'
    | 'request_timeout'
    | 'headers_too_large'
    | 'unsupported_media_type'
    | 'not_an_image'
    | 'image_too_large'
    | 'base_forbidden'
    | 'base_unreachable'
    | 'base_timeout'
    | 'base_too_large'
    | 'base_too_small'
    | 'base_gone'
    | 'webhook_forbidden'
    | 'idempotency_mismatch'
    | 'unsupported_by_backend'
    | 'backend_out_of_memory'
    | 'moderated'
    | 'budget_exhausted'
    | 'too_many_requests'
    | 'queue_full'
    | 'internal'
    | 'generation_pending'
    | 'not_ready'
    | 'shutting_down'
    | 'database_unavailable'
    | 'storage_unavailable'
    | 'backend_unavailable'
    | 'backend_failed'
    | 'backend_bad_answer'
    | 'backend_auth'
    | 'backend_busy'
    | 'not_cached'
    | 'backend_timeout'
    | 'worker_lost'
  requestId: string
  param?: string
  generationId?: string
  carouselId?: string
}
export interface Generation {
  id: string
  status: 'queued' | 'running' | 'stored' | 'failed' | 'cancelled'
  prompt: string
  model: string
  scope: string
  tags: string[]
  createdAt: string
  images: {
    id: string | null
    /**
     * The generation key: SHA-256 of all that determines the pixels.
     */
    key: string
    /**
     * null until the picture is stored.
     */
    url: string | null
    width: number
    height: number
    seed: number
    status: 'queued' | 'running' | 'stored' | 'failed' | 'cancelled'
    warnings: string[]
    /**
     * What making it cost, where that is known; whoever asked first paid.
     */
    costUsd?: number
    /**
     * How long an accelerator was this picture’s alone, where that is known.
     */
    gpuSeconds?: number
  }[]
  error?: {
    code: string
    message: string
  }
}
export interface GenerationEvent {
  /**
   * Which picture of the request, from 0.
   */
  index: number
  /**
   * The id that the picture has once it is stored.
   */
  imageId: string | null
  /**
   * @deprecated
   * The same as index.
   */
  image: number
  at: string
  [k: string]: unknown
}
export interface Carousel {
  id: string
  /**
   * Settled when all slides are, and then failed if one of them is.
   */
  status: 'queued' | 'running' | 'stored' | 'failed' | 'cancelled'
  base: {
    url?: string
    prompt?: string
    model?: string
    seed?: number
    size?: string
    /**
     * The request that generates the base.
     */
    generation?: string
    /**
     * The id of the base, null until it is here.
     */
    image: string | null
  }
  theme: string | null
  size: string
  format: 'jpeg' | 'png' | 'webp' | 'avif'
  scope: string
  tags: string[]
  createdAt: string
  slides: {
    /**
     * From 0.
     */
    index: number
    kind: 'hook' | 'credibility' | 'point' | 'cta'
    title: string
    body: string | null
    label: string | null
    status: 'queued' | 'stored' | 'failed' | 'cancelled'
    id: string | null
    /**
     * Immutable: a changed slide has another one.
     */
    url: string | null
    width: number
    height: number
    bytes: number | null
    /**
     * How the text came to stand.
     */
    fit: {
      [k: string]: unknown
    } | null
    error?: {
      code: string
      message: string
    }
  }[]
  /**
   * Distinct units that this carousel needed.
   */
  work: {
    [k: string]: number
  }
  workDetail: {
    [k: string]: {
      ran: number
      joined: number
      cached: number
    }
  }
  edit?: {
    slides: number[]
    work: {
      [k: string]: number
    }
    workDetail: {
      [k: string]: {
        ran: number
        joined: number
        cached: number
      }
    }
  }
  error?: {
    code: string
    message: string
  }
}
export interface Image {
  id: string
  url: string
  format: string
  width: number
  height: number
  bytes: number
}
export interface Webhook {
  /**
   * What webhook-id carries.
   */
  id: string
  /**
   * waiting: what it is about has not ended. failed: every attempt did. gone: the receiver answered 410.
   */
  status: 'waiting' | 'pending' | 'delivered' | 'failed' | 'gone'
  type: string | null
  /**
   * The generation or carousel that it is about.
   */
  subject: string
  scope: string
  url: string
  attemptCount: number
  nextAttemptAt: string | null
  createdAt: string
  endedAt: string | null
  attempts: {
    number: number
    at: string
    durationMs: number
    /**
     * What the receiver answered.
     */
    status: number | null
    /**
     * What went wrong where there was no answer.
     */
    code: string | null
    reason: string
  }[]
}
export interface WebhookSecret {
  secret: string
  createdAt: string
  /**
   * The secret before it also signs until then.
   */
  previousUntil: string | null
}
export interface LiveQuery {
  /**
   * What the picture shows.
   */
  prompt: string
  /**
   * Pixels, such as 1024x768; it is part of what is drawn.
   */
  size?: string
  /**
   * A ratio such as 16:9, with one megapixel; instead of size.
   */
  ar?: string
  /**
   * The width in pixels, together with h; instead of size.
   */
  w?: number
  /**
   * The height in pixels, together with w.
   */
  h?: number
  /**
   * Another seed is another picture; 0 by default.
   */
  seed?: number
  /**
   * A public name of a model of this server.
   */
  model?: string
  /**
   * A style that the model knows, in words.
   */
  style?: string
  /**
   * What the picture must not show.
   */
  negative?: string
  /**
   * auto, the default, goes by Accept.
   */
  format?: 'auto' | 'jpg' | 'jpeg' | 'png' | 'webp' | 'avif'
  /**
   * The quality of the encoding.
   */
  q?: number
  /**
   * 1: a soft preview at once, while the picture is being made.
   */
  placeholder?: '0' | '1'
}
export interface ImageQuery {
  /**
   * The width in pixels; alone it keeps the shape.
   */
  w?: number
  /**
   * The height in pixels; alone it keeps the shape.
   */
  h?: number
  /**
   * How the picture fills w and h.
   */
  fit?: 'cover' | 'contain' | 'inside' | 'fill'
  /**
   * auto, the default, goes by Accept.
   */
  format?: 'auto' | 'jpg' | 'jpeg' | 'png' | 'webp' | 'avif'
  /**
   * The quality of the encoding.
   */
  q?: number
}
export interface GenerationRequest {
  /**
   * What the picture shows.
   */
  prompt: string
  model?: string
  negative?: string
  style?: string
  size?: string
  ar?: string
  w?: number
  h?: number
  seed?: number
  n?: number
  scope?: string
  /**
   * @maxItems 16
   */
  tags?: string[]
  webhook?:
    | string
    | {
        url: string
        /**
         * Signs the messages; without it the secret of the project does.
         */
        secret?: string
      }
  image?: {
    image?: string
    url?: string
  }
  mask?: {
    image?: string
    url?: string
  }
  /**
   * @maxItems 16
   */
  references?: {
    image?: string
    url?: string
  }[]
  strength?: number
  steps?: number
}
export interface CarouselRequest {
  base?: {
    url?: string
    image?: string
    /**
     * What the picture shows.
     */
    prompt?: string
    model?: string
    negative?: string
    style?: string
    seed?: number
    size?: string
    ar?: string
    w?: number
    h?: number
  }
  /**
   * @minItems 2
   * @maxItems 20
   */
  slides: {
    kind: 'hook' | 'credibility' | 'point' | 'cta'
    title: string
    body?: string
    label?: string
  }[]
  size?: string
  format?: 'jpeg' | 'png' | 'webp' | 'avif'
  quality?: number
  theme?: 'editorial' | 'poster' | 'quiet'
  brand?: {
    color?: string
    handle?: string
    logo?: {
      image?: string
      url?: string
    }
    pageMark?: boolean
    swipeCue?: boolean
  }
  scope?: string
  /**
   * @maxItems 16
   */
  tags?: string[]
  webhook?:
    | string
    | {
        url: string
        /**
         * Signs the messages; without it the secret of the project does.
         */
        secret?: string
      }
}
export interface SlideChange {
  title?: string
  body?: string | null
  label?: string | null
}
export interface PurgeRequest {
  /**
   * @minItems 1
   * @maxItems 100
   */
  tags?: string[]
  /**
   * @minItems 1
   * @maxItems 100
   */
  images?: string[]
  /**
   * @minItems 1
   * @maxItems 100
   */
  urls?: string[]
  everything?: true
  soft?: boolean
}

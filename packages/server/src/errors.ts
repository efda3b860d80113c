/**
 * The closed list of error codes: each with its HTTP status, its public title, whether a later identical
 * request can succeed, and the code of OpenAI's envelope type on the OpenAI routes.
 * `docs/errors.md` is generated from this table.
 */
export const errorTable = {
  // The request itself
  invalid_request: { status: 400, title: 'The request is not valid' },
  unknown_parameter: { status: 400, title: 'Unknown parameter' },
  duplicate_parameter: { status: 400, title: 'A parameter was given twice' },
  unknown_model: { status: 400, title: 'Unknown model' },
  unknown_image: { status: 400, title: 'Unknown picture' },
  malformed_http: { status: 400, title: 'The request is not valid HTTP' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_range: { status: 416, title: 'The range cannot be satisfied' },
  // Access
  unauthorized: { status: 401, title: 'An API key is needed' },
  invalid_key: { status: 401, title: 'The API key is not valid' },
  forbidden: { status: 403, title: 'This is not allowed' },
  bad_signature: { status: 403, title: 'The signature is not valid' },
  signature_expired: { status: 403, title: 'The signed URL has expired' },
  scope_disabled: { status: 403, title: 'Nothing new is generated in this scope' },
  scope_refuses: { status: 403, title: 'The scope does not allow this' },
  forbidden_host: { status: 403, title: 'This Host is not served' },
  forwarding_refused: { status: 403, title: 'Forwarded requests are refused' },
  cross_site_refused: { status: 403, title: 'Cross-site requests may not cause work' },
  // Resources
  not_found: { status: 404, title: 'Not found' },
  not_generated: { status: 404, title: 'Not generated yet' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  not_acceptable: { status: 406, title: 'No acceptable format' },
  scope_name_taken: { status: 409, title: 'Another project has an open scope of this name' },
  idempotency_conflict: { status: 409, title: 'A request with this idempotency key is still running' },
  not_settled: { status: 409, title: 'The work is still running' },
  already_settled: { status: 409, title: 'The work has already ended' },
  cancelled: { status: 409, title: 'The generation was cancelled' },
  body_too_large: { status: 413, title: 'The body is too large' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  headers_too_large: { status: 431, title: 'The headers are too long' },
  unsupported_media_type: { status: 415, title: 'Unsupported content type' },
  not_an_image: { status: 415, title: 'Not a picture in a supported format' },
  image_too_large: { status: 413, title: 'The picture has too many pixels' },
  base_forbidden: { status: 422, title: 'This URL is not fetched' },
  base_unreachable: { status: 422, title: 'The URL did not give a picture' },
  base_timeout: { status: 422, title: 'The URL did not answer in time' },
  base_too_large: { status: 422, title: 'The base is too large' },
  base_too_small: { status: 422, title: 'The base has too few pixels' },
  base_gone: { status: 409, title: 'The base of the carousel was taken down' },
  webhook_forbidden: { status: 422, title: 'Nothing is sent to this URL' },
  idempotency_mismatch: { status: 422, title: 'This idempotency key was used with another body' },
  unsupported_by_backend: { status: 422, title: 'The backend cannot do this' },
  backend_out_of_memory: { status: 422, title: 'The picture is too large for the backend' },
  moderated: { status: 451, title: 'Refused by content policy' },
  budget_exhausted: { status: 429, title: 'The budget of the scope is used up' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  queue_full: { status: 429, title: 'The queue of this scope is full' },
  // This server
  internal: { status: 500, title: 'Something went wrong here' },
  generation_pending: { status: 503, title: 'The picture is still being made' },
  not_ready: { status: 503, title: 'Not ready' },
  shutting_down: { status: 503, title: 'The server is shutting down' },
  database_unavailable: { status: 503, title: 'The database cannot be reached' },
  storage_unavailable: { status: 503, title: 'The object store cannot be reached' },
  // The backend
  backend_unavailable: { status: 502, title: 'The backend cannot be reached' },
  backend_failed: { status: 502, title: 'The backend failed' },
  backend_bad_answer: { status: 502, title: 'The backend gave a wrong answer' },
  backend_auth: { status: 502, title: 'The backend refused our credentials' },
  backend_busy: { status: 503, title: 'The backend is overloaded' },
  not_cached: { status: 504, title: 'Not in the cache' },
  backend_timeout: { status: 504, title: 'The backend did not answer in time' },
  worker_lost: { status: 502, title: 'The workers that ran this job died' },
} as const satisfies Record<string, { status: number; title: string }>

/** A code of the closed list in `errorTable`. Match on it, never on a message. */
export type ErrorCode = keyof typeof errorTable

/** Whether the code is one of the closed list (rows read back from the database may be older than it). */
export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(errorTable, value)
}

/** Facts that travel with an error besides its code and its sentence. */
export interface ErrorFacts {
  /** The parameter or body field at fault, e.g. `size`. */
  param?: string | undefined
  /** When a retry can help, in seconds; sent as `Retry-After`. */
  retryAfterS?: number | undefined
  /** More response headers, e.g. `Location` or `Allow`. */
  headers?: Readonly<Record<string, string>> | undefined
  /** The record's id, where one exists. */
  generationId?: string | undefined
  carouselId?: string | undefined
  cause?: unknown
}

/** The one error class of the platform. `message` is public: it says what to change. */
export class DarkroomError extends Error {
  override readonly name = 'DarkroomError'
  readonly code: ErrorCode
  readonly facts: ErrorFacts

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = code
    this.facts = facts
  }

  /** HTTP status of this error's code. */
  get status(): number {
    return errorTable[this.code].status
  }
}

/** PostgreSQL's codes for "not now": connection exceptions, shutdown, too many connections (appendix A). */
const databaseAwayCodes = /^(?:08\w{3}|57P0\d|53300|ECONNREFUSED|ECONNRESET|EPIPE)$/u
const databaseAwayMessages =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/u

/** Whether an error of the database says that it cannot be reached at present: the same later may well succeed. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DarkroomError) return false
  const code = 'code' in error ? String(error.code) : ''
  // The socket of the embedded database is gone while it restarts; any other missing file is another matter.
  if (code === 'ENOENT') return 'syscall' in error && error.syscall === 'connect'
  return databaseAwayCodes.test(code) || databaseAwayMessages.test(error.message)
}

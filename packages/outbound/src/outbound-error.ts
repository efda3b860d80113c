/**
 * What can be wrong with a URL, its host or the answer. Match on it, never on a message.
 *
 * - `URL_INVALID`, `URL_SCHEME`, `URL_CREDENTIALS`, `URL_PORT`: the URL itself; nothing was asked of anybody.
 * - `HOST_FORBIDDEN`: a name of private networks, or no name. `ADDRESS_FORBIDDEN`: an address that is not public,
 *   written or resolved. `DNS_FAILED`: no address.
 * - `CONNECT_FAILED`, `TLS_FAILED`, `CONNECTION_LOST`: the connection. `TIMEOUT`, `TOO_SLOW`: its time.
 * - `TOO_LARGE`, `RESPONSE_INVALID`, `CONTENT_ENCODING`, `MEDIA_TYPE`, `HTTP_STATUS`: the answer.
 * - `REDIRECT_INVALID`, `REDIRECT_LIMIT`, `REDIRECT_LOOP`, `REDIRECT_DOWNGRADE`: where it leads.
 * - `BUSY`, `CLOSED`: this side.
 */
export type OutboundErrorCode =
  | 'URL_INVALID'
  | 'URL_SCHEME'
  | 'URL_CREDENTIALS'
  | 'URL_PORT'
  | 'HOST_FORBIDDEN'
  | 'ADDRESS_FORBIDDEN'
  | 'DNS_FAILED'
  | 'CONNECT_FAILED'
  | 'TLS_FAILED'
  | 'CONNECTION_LOST'
  | 'TIMEOUT'
  | 'TOO_SLOW'
  | 'TOO_LARGE'
  | 'RESPONSE_INVALID'
  | 'CONTENT_ENCODING'
  | 'MEDIA_TYPE'
  | 'HTTP_STATUS'
  | 'REDIRECT_INVALID'
  | 'REDIRECT_LIMIT'
  | 'REDIRECT_LOOP'
  | 'REDIRECT_DOWNGRADE'
  | 'BUSY'
  | 'CLOSED'

/** What a code means: the words a user may see, and whether the same ask can succeed later. */
interface ErrorKind {
  message: string
  retryable: boolean
}

/** Every way in which this package fails. The words name no address, no name and no URL: they go to strangers. */
const errorKinds: Readonly<Record<OutboundErrorCode, ErrorKind>> = {
  URL_INVALID: { message: 'This is not a complete http:// or https:// URL.', retryable: false },
  URL_SCHEME: { message: 'Only http:// and https:// URLs can be fetched.', retryable: false },
  URL_CREDENTIALS: { message: 'A URL with a user name or password is not fetched.', retryable: false },
  URL_PORT: { message: 'This port is not allowed.', retryable: false },
  HOST_FORBIDDEN: { message: 'This host is not a public name.', retryable: false },
  ADDRESS_FORBIDDEN: { message: 'This host does not have a public address.', retryable: false },
  DNS_FAILED: { message: 'The name of this host could not be resolved.', retryable: true },
  CONNECT_FAILED: { message: 'No connection to this host could be made.', retryable: true },
  TLS_FAILED: { message: 'This host has no valid certificate.', retryable: false },
  CONNECTION_LOST: { message: 'The connection broke before the answer was complete.', retryable: true },
  TIMEOUT: { message: 'The host did not answer in time.', retryable: true },
  TOO_SLOW: { message: 'The host sent its answer too slowly.', retryable: true },
  TOO_LARGE: { message: 'The answer is larger than allowed.', retryable: false },
  RESPONSE_INVALID: { message: 'The host did not send a valid HTTP answer.', retryable: false },
  CONTENT_ENCODING: { message: 'The answer is compressed in a way that is not read.', retryable: false },
  MEDIA_TYPE: { message: 'The answer is not of an accepted media type.', retryable: false },
  HTTP_STATUS: { message: 'The host did not answer with success.', retryable: false },
  REDIRECT_INVALID: { message: 'The host redirects to no valid place.', retryable: false },
  REDIRECT_LIMIT: { message: 'The host redirects too many times.', retryable: false },
  REDIRECT_LOOP: { message: 'The host redirects in a circle.', retryable: false },
  REDIRECT_DOWNGRADE: { message: 'The host redirects from https:// to http://.', retryable: false },
  BUSY: { message: 'Too many fetches from this host are waiting.', retryable: true },
  CLOSED: { message: 'Nothing is fetched any more: this process is stopping.', retryable: true },
}

/** Every code, for tables of statuses and documents. */
export const outboundErrorCodes: readonly OutboundErrorCode[] = Object.keys(errorKinds) as OutboundErrorCode[]

/** What is known besides the code. */
export interface OutboundErrorDetails extends ErrorOptions {
  status?: number | undefined
  retryAfterMs?: number | undefined
}

/** The one error class of this package. The message may be shown to users; the `cause`, which may not, is for logs. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError'
  readonly code: OutboundErrorCode
  /** Can the same ask succeed later, without anybody changing it? */
  readonly retryable: boolean
  /** The answer's status, for `HTTP_STATUS`. */
  readonly status: number | undefined
  /** How long the host asks to be left alone (`Retry-After`), for `HTTP_STATUS`. */
  readonly retryAfterMs: number | undefined

  constructor(code: OutboundErrorCode, details: OutboundErrorDetails = {}) {
    const { message, retryable } = errorKinds[code]
    const { status, retryAfterMs, ...options } = details
    super(status === undefined ? message : `${message.slice(0, -1)}: its status is ${status}.`, options)
    this.code = code
    this.status = status
    this.retryAfterMs = retryAfterMs
    this.retryable = retryable || (status !== undefined && isPassing(status))
  }
}

/** Statuses that say themselves that they pass. */
function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500
}

import { BackendError } from '../backend.ts'
import { redact } from './public-text.ts'
import type { ServerNames } from './server-names.ts'

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])
const slow = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
const broken = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_SOCKET',
  'ECONNABORTED',
])
const certificate = /^(?:CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO|ERR_SSL_)/u

/**
 * What a failed exchange means to the queue. Anything that is no fault of the network (an error of our own) is
 * returned as it is.
 */
export function networkError(
  error: unknown,
  { secret, names }: { secret: string | undefined; names: ServerNames },
): unknown {
  if (error instanceof BackendError) return error
  const code = codeOf(error)
  if (code === undefined) return error
  const cause = causeOf(error, code, secret)
  if (slow.has(code)) {
    const message = 'The model server did not answer in time: try again.'
    return new BackendError('backend_timeout', message, { retry: 'same', cause })
  }
  if (unreachable.has(code)) {
    const message = `The model server cannot be reached (${code}): check that it runs, and ${names.url}.`
    return new BackendError('backend_unavailable', message, { retry: 'same', cause })
  }
  if (broken.has(code)) {
    const message = 'The model server broke off the connection before the picture was complete: try again.'
    return new BackendError('backend_unavailable', message, { retry: 'same', cause })
  }
  if (certificate.test(code)) {
    const message = `No secure connection to the model server (${code}): check its certificate and ${names.url}.`
    return new BackendError('backend_unavailable', message, { retry: 'never', cause })
  }
  if (code.startsWith('HPE_')) {
    const message = `The model server does not speak HTTP: check ${names.url}.`
    return new BackendError('backend_bad_answer', message, { retry: 'never', cause })
  }
  return error
}

/** The first `code` along the causes: the global `fetch` wraps the socket's error in a TypeError. */
function codeOf(error: unknown): string | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if ('code' in each && typeof each.code === 'string') return each.code
  }
  return undefined
}

/** A copy for the log: the original may hold the request with its headers. */
function causeOf(error: unknown, code: string, secret: string | undefined): Error {
  const text = error instanceof Error && error.message !== '' ? error.message : code
  return new Error(redact(text, secret))
}

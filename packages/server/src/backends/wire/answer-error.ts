import { BackendError } from '../backend.ts'
import type { RetryAdvice } from '../backend.ts'
import type { ErrorCode } from '../../errors.ts'
import { publicText, sentence } from './public-text.ts'
import type { ServerNames } from './server-names.ts'
import { openAINames } from './server-names.ts'

/** The `error` of OpenAI's envelope, of a stream's error event, or what another server puts there. */
export interface WireFault {
  code: string | undefined
  type: string | undefined
  param: string | undefined
  message: string | undefined
}

interface Verdict {
  code: ErrorCode
  retry: RetryAdvice
  message: string
}

const refusals = new Set(['moderation_blocked', 'content_policy_violation', 'content_filter'])
const unpaid = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active'])

/**
 * Reads the fault out of an error body: `{error: {code, type, param, message}}` (OpenAI), `{error: "…"}`
 * (stable-diffusion.cpp) or `{detail: "…"}` (FastAPI servers). Anything else has no fault to read.
 */
export function wireFaultOf(body: unknown, secret: string | undefined): WireFault {
  const envelope = isRecord(body) ? (body['error'] ?? body['detail'] ?? body['message']) : undefined
  const fault = isRecord(envelope) ? envelope : { message: envelope }
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  return {
    code: text(fault['code']),
    type: text(fault['type']),
    param: text(fault['param']),
    message: publicText(fault['message'], secret),
  }
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The error of an HTTP answer that is no success. */
export function answerError(
  status: number,
  fault: WireFault,
  retryAfterS: number | undefined,
  names: ServerNames = openAINames,
): BackendError {
  const { code, retry, message } = byFault(fault, status) ?? byStatus(status, fault, names)
  // A server may send Retry-After with anything; it says something only where a retry can help.
  return new BackendError(code, message, { retry, retryAfterS: retry === 'never' ? undefined : retryAfterS })
}

/** The error of an `error` event inside a stream whose status was 200. */
export function streamError(fault: WireFault): BackendError {
  const userFault = fault.type === 'invalid_request_error' || fault.type === 'image_generation_user_error'
  const rateFault = fault.code === 'rate_limit_exceeded' || fault.type === 'rate_limit_error'
  const { code, retry, message } =
    byFault(fault, 500) ?? byStatus(userFault ? 400 : rateFault ? 429 : 500, fault, openAINames)
  return new BackendError(code, message, { retry })
}

/** Codes say more than the status: OpenAI answers 400 for refused content and for an unpaid bill alike. */
function byFault(fault: WireFault, status: number): Verdict | undefined {
  const code = fault.code ?? ''
  if (refusals.has(code)) {
    const message = 'The model server refused the prompt by its content policy: change the prompt.'
    return { code: 'moderated', retry: 'never', message }
  }
  if (status === 402 || unpaid.has(code) || fault.type === 'insufficient_quota') {
    const message = 'The account at the model server has no credit left: its owner must add some.'
    return { code: 'backend_failed', retry: 'never', message }
  }
  if (code === 'model_not_found') return unknownModel
  if (code === 'invalid_size' || (fault.param === 'size' && status === 400)) {
    return {
      code: 'unsupported_by_backend',
      retry: 'never',
      message: withDetail('cannot draw this size', fault),
    }
  }
  if (status >= 500 && /\bout of memory\b|\bOOM\b/iu.test(fault.message ?? '')) {
    const message = 'The model server ran out of memory: ask for a smaller picture.'
    return { code: 'backend_out_of_memory', retry: 'smaller', message }
  }
  return undefined
}

const unknownModel: Verdict = {
  code: 'backend_failed',
  retry: 'never',
  message: 'The model server does not know this model: its name in DARKROOM_MODELS must be corrected.',
}

function byStatus(status: number, fault: WireFault, names: ServerNames): Verdict {
  const failed = (what: string, code: ErrorCode, retry: RetryAdvice): Verdict => ({
    code,
    retry,
    message: withDetail(what, fault),
  })
  if (status < 400)
    return failed(`answered with a redirect (${status}): check ${names.url}`, 'backend_bad_answer', 'never')
  if (status === 401 || status === 403) {
    // Never with the server's words: they quote the key.
    return {
      code: 'backend_auth',
      retry: 'never',
      message: `The model server refused our credentials: check ${names.key ?? names.url}.`,
    }
  }
  if (status === 404 || status === 405)
    return failed(`has no such route: check ${names.url}`, 'backend_failed', 'never')
  if (status === 408 || status === 504)
    return failed('did not answer in time: try again', 'backend_timeout', 'same')
  if (status === 409)
    return failed('is in conflict with another request: try again', 'backend_failed', 'same')
  if (status === 422) return failed('cannot do what was asked', 'unsupported_by_backend', 'never')
  if (status === 425 || status === 429)
    return failed('is overloaded: try again later', 'backend_busy', 'same')
  if (status < 500) return failed(`refused the request (${status})`, 'invalid_request', 'never')
  if (status === 501) return failed('does not offer this', 'backend_failed', 'never')
  if (status === 502 || status === 503)
    return failed(`is not available (${status}): try again later`, 'backend_unavailable', 'same')
  return failed(`failed (${status}): try again later`, 'backend_failed', 'same')
}

function withDetail(what: string, fault: WireFault): string {
  const own = fault.message === undefined ? '' : ` It said: ${sentence(fault.message)}`
  return `The model server ${what}.${own}`
}

/**
 * `Retry-After` in whole seconds, from delta-seconds or an HTTP date (RFC 9110 §10.2.3), at most a day.
 * @param nowMs the wall clock, for dates
 */
export function retryAfterSeconds(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined
  const text = value.trim()
  const seconds = /^\d+$/u.test(text) ? Number(text) : Math.ceil((Date.parse(text) - nowMs) / 1000)
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), 86_400)
}

import { BackendError } from '../backend.ts'
import { answerError, isRecord, retryAfterSeconds, wireFaultOf } from '../wire/answer-error.ts'
import { jsonOrUndefined } from '../wire/connection.ts'
import { publicText, sentence } from '../wire/public-text.ts'

/** The credentials are set where the model is made. */
const names = { url: 'darkroom.config.ts', key: 'darkroom.config.ts' }

/** What a model threw: the AI SDK's `APICallError` carries the status and the body; others only words. */
export function callError(error: unknown): BackendError {
  if (error instanceof BackendError) return error
  const facts: Record<string, unknown> = isRecord(error) ? error : {}
  const status = facts['statusCode']
  if (typeof status === 'number' && status >= 400) {
    const headers = isRecord(facts['responseHeaders']) ? facts['responseHeaders'] : {}
    const retryAfter = headers['retry-after']
    const body =
      typeof facts['responseBody'] === 'string' ? jsonOrUndefined(facts['responseBody']) : undefined
    const seconds = retryAfterSeconds(typeof retryAfter === 'string' ? retryAfter : null, Date.now())
    return answerError(status, wireFaultOf(body, undefined), seconds, names)
  }
  const words = publicText(error instanceof Error ? error.message : undefined, undefined)
  const own = words === undefined ? '' : ` It said: ${sentence(words)}`
  if (facts['isRetryable'] === true) {
    const message = `The provider cannot be reached: try again later.${own}`
    return new BackendError('backend_unavailable', message, { retry: 'same', cause: error })
  }
  return new BackendError('backend_failed', `The provider failed.${own}`, { retry: 'never', cause: error })
}

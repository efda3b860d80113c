import type { ErrorCode } from '../errors.ts'
import { DarkroomError, errorTable, isDatabaseAway } from '../errors.ts'

/** A problem document (RFC 9457), as every route but OpenAI's answers errors. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: ErrorCode
  requestId: string
  param?: string
  generationId?: string
  carouselId?: string
}

export function problemOf(error: DarkroomError, requestId: string): Problem {
  return {
    type: `urn:darkroom:error:${error.code}`,
    title: errorTable[error.code].title,
    status: error.status,
    detail: error.message,
    code: error.code,
    requestId,
    ...(error.facts.param === undefined ? {} : { param: error.facts.param }),
    ...(error.facts.generationId === undefined ? {} : { generationId: error.facts.generationId }),
    ...(error.facts.carouselId === undefined ? {} : { carouselId: error.facts.carouselId }),
  }
}

/** The answer to an error. Errors are never stored by a cache: the next ask may succeed. */
export function errorResponse(error: DarkroomError, requestId: string, wire?: 'openai'): Response {
  const headers = new Headers({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...error.facts.headers,
  })
  if (error.facts.retryAfterS !== undefined) headers.set('retry-after', String(error.facts.retryAfterS))
  if (error.facts.generationId !== undefined) {
    headers.set('location', `/v1/generations/${error.facts.generationId}`)
  }
  if (error.facts.carouselId !== undefined) {
    headers.set('location', `/v1/carousels/${error.facts.carouselId}`)
  }
  if (wire === 'openai') {
    headers.set('content-type', 'application/json')
    return new Response(JSON.stringify(openAIErrorOf(error)), { status: error.status, headers })
  }
  headers.set('content-type', 'application/problem+json')
  return new Response(JSON.stringify(problemOf(error, requestId)), { status: error.status, headers })
}

/** OpenAI's envelope: its client reads `message`, `type`, `param` and `code`. */
function openAIErrorOf(error: DarkroomError): {
  error: { message: string; type: string; param: string | null; code: string }
} {
  return {
    error: {
      message: error.message,
      type: error.status < 500 ? 'invalid_request_error' : 'server_error',
      param: error.facts.param ?? null,
      code: error.code,
    },
  }
}

/** Anything thrown, as one of ours. What nobody foresaw is `internal`, and only the log knows more. */
export function darkroomErrorOf(error: unknown): DarkroomError {
  if (error instanceof DarkroomError) return error
  if (isDatabaseAway(error)) {
    return new DarkroomError(
      'database_unavailable',
      'The database cannot be reached; try again in a moment.',
      {
        retryAfterS: 2,
        cause: error,
      },
    )
  }
  return new DarkroomError('internal', 'Something went wrong here; the log has it under this request id.', {
    cause: error,
  })
}

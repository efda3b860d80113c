import type { Problem } from './schema.ts'

/** What went wrong, beyond the message. */
export interface ApiErrorDetail {
  /** HTTP status; 0 where there was no answer. */
  status: number
  /** From the server's closed list (`docs/errors.md`), or `network`, `no_problem_document`. Match on this, not on text. */
  code: string
  requestId?: string | undefined
  /** The field or parameter that is at fault. */
  param?: string | undefined
  /** When asking again can help: what `Retry-After` said, in seconds. */
  retryAfterS?: number | undefined
  /** The request whose pictures failed. */
  generationId?: string | undefined
  carouselId?: string | undefined
  cause?: unknown
}

/** An answer that is no success, or none at all. The message says what to change. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  readonly param: string | undefined
  readonly retryAfterS: number | undefined
  readonly generationId: string | undefined
  readonly carouselId: string | undefined

  constructor(message: string, detail: ApiErrorDetail) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.status = detail.status
    this.code = detail.code
    this.requestId = detail.requestId
    this.param = detail.param
    this.retryAfterS = detail.retryAfterS
    this.generationId = detail.generationId
    this.carouselId = detail.carouselId
  }
}

/** The error that an answer carries; an answer without a problem document (a proxy's page) becomes one too. */
export async function apiErrorOf(response: Response): Promise<ApiError> {
  const retryAfterS = retryAfterOf(response.headers)
  const text = await response.text().catch(() => '')
  const problem = problemIn(text)
  if (problem === undefined) {
    const message = `The server answered ${response.status} without saying why. Is this address a Darkroom server?`
    return new ApiError(message, { status: response.status, code: 'no_problem_document', retryAfterS })
  }
  const { detail, code, requestId, param, generationId, carouselId } = problem
  return new ApiError(detail ?? problem.title ?? code, {
    status: response.status,
    code,
    requestId,
    param,
    generationId,
    carouselId,
    retryAfterS,
  })
}

/**
 * `Retry-After` in seconds: a number, or a date (RFC 9110 §10.2.3), of which the distance to the answer's own
 * `Date` counts, so that a wrong clock here does no harm.
 */
export function retryAfterOf(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (value === undefined || value === '') return undefined
  if (/^\d{1,9}$/u.test(value)) return Number(value)
  const at = Date.parse(value)
  const sentAt = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(at)) return undefined
  return Math.max(0, (at - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1000)
}

function problemIn(text: string): (Partial<Problem> & { code: string }) | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  return isProblem(parsed) ? parsed : undefined
}

function isProblem(value: unknown): value is Partial<Problem> & { code: string } {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string'
}

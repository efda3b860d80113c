import { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import { DarkroomError, errorTable } from '../errors.ts'
import { parseWith } from './query.ts'

/** The most jobs that one request may name. */
const maxIds = 1000

/** One of the closed list of codes. */
export const errorCodeField: z.ZodType<ErrorCode> = z.enum(
  Object.keys(errorTable) as ErrorCode[],
  'must be an error code of docs/errors.md',
)

/** A job, and also a request or a carousel whose jobs are meant. */
const idField = z
  .string()
  .regex(/^(?:img_[A-Za-z0-9_-]{32}|(?:req|car)_[A-Za-z0-9_-]{22})$/u, 'must be an id: img_…, req_… or car_…')

/** The body of `POST /v1/jobs/redrive`. */
export const redriveBodySchema: z.ZodType<RedriveBody> = z.strictObject({
  ids: z.array(idField).min(1, 'must name a job').max(maxIds, `must name at most ${maxIds} jobs`).optional(),
  code: errorCodeField.optional(),
  all: z.literal(true, 'must be true, or left out').optional(),
})

interface RedriveBody {
  ids?: string[] | undefined
  code?: ErrorCode | undefined
  all?: true | undefined
}

/** Which dead letters are to be tried again: exactly one of three. */
export type RedriveAsk =
  | { kind: 'ids'; ids: readonly string[] }
  | { kind: 'failed'; code: ErrorCode | undefined }

/** @throws DarkroomError invalid_request, unknown_parameter */
export function parseRedriveBody(body: unknown): RedriveAsk {
  const { ids, code, all } = parseWith(redriveBodySchema, body)
  if ([ids, code, all].filter((each) => each !== undefined).length !== 1) {
    throw new DarkroomError('invalid_request', 'Give exactly one of ids, code and all, like {"all": true}.', {
      param: 'ids',
    })
  }
  return ids === undefined ? { kind: 'failed', code } : { kind: 'ids', ids }
}

import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../errors.ts'
import { DarkroomError, errorTable } from '../errors.ts'
import { darkroomErrorOf, errorResponse } from './problem.ts'

const codes = Object.keys(errorTable) as ErrorCode[]

test.each(codes)(
  '%s is a problem document with its status, and OpenAI’s envelope on its routes',
  async (code) => {
    const error = new DarkroomError(code, 'Do this instead.', { param: 'size' })
    const problem = errorResponse(error, 'request-1')
    expect(problem.status).toBe(errorTable[code].status)
    expect(problem.headers.get('content-type')).toBe('application/problem+json')
    expect(problem.headers.get('cache-control')).toBe('no-store')
    expect(await problem.json()).toEqual({
      type: `urn:darkroom:error:${code}`,
      title: errorTable[code].title,
      status: errorTable[code].status,
      detail: 'Do this instead.',
      code,
      requestId: 'request-1',
      param: 'size',
    })
    const envelope = errorResponse(error, 'request-1', 'openai')
    expect(envelope.status).toBe(errorTable[code].status)
    expect(envelope.headers.get('content-type')).toBe('application/json')
    expect(await envelope.json()).toEqual({
      error: {
        message: 'Do this instead.',
        type: errorTable[code].status < 500 ? 'invalid_request_error' : 'server_error',
        param: 'size',
        code,
      },
    })
  },
)

test('says when to come again and where the record is', () => {
  const { headers } = errorResponse(
    new DarkroomError('backend_busy', 'Busy.', { retryAfterS: 7, generationId: 'req_1' }),
    '',
  )
  expect(headers.get('retry-after')).toBe('7')
  expect(headers.get('location')).toBe('/v1/generations/req_1')
})

describe('anything thrown', () => {
  const withCode = (code: string, facts: object = {}): Error =>
    Object.assign(new Error('server says no'), { code, ...facts })

  test.each([
    ['admin_shutdown', withCode('57P01')],
    ['cannot_connect_now', withCode('57P03')],
    ['connection_failure', withCode('08006')],
    ['too_many_connections', withCode('53300')],
    ['nobody listens', withCode('ECONNREFUSED')],
    ['no socket', withCode('ENOENT', { syscall: 'connect' })],
    ['a broken connection', new Error('Connection terminated unexpectedly')],
    ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
    [
      'a client that is done for',
      new Error('Client has encountered a connection error and is not queryable'),
    ],
  ])('%s is 503 with a Retry-After', (_, error) => {
    expect(darkroomErrorOf(error)).toMatchObject({
      code: 'database_unavailable',
      status: 503,
      facts: { retryAfterS: 2, cause: error },
    })
  })

  test.each([
    ['a constraint', withCode('23505')],
    ['a file that is missing', withCode('ENOENT', { syscall: 'open' })],
    ['a fault of ours', new TypeError('x is not a function')],
    ['no error at all', 'text'],
    ['nothing', undefined],
  ])('%s is 500, and says nothing of the cause', (_, error) => {
    const known = darkroomErrorOf(error)
    expect(known).toMatchObject({ code: 'internal', status: 500, facts: { cause: error } })
    expect(known.message).not.toContain('server says no')
  })

  test('one of ours stays what it is', () => {
    const error = new DarkroomError('not_found', 'Not here.')
    expect(darkroomErrorOf(error)).toBe(error)
  })
})

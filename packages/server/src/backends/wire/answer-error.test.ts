import { expect, test } from 'vitest'
import { answerError, retryAfterSeconds, streamError, wireFaultOf } from './answer-error.ts'

const nowMs = Date.parse('2026-11-20T12:00:00Z')

test.each([
  ['0', 0],
  [' 120 ', 120],
  ['99999999', 86_400],
  ['Fri, 20 Nov 2026 12:00:30 GMT', 30],
  ['Fri, 20 Nov 2026 11:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
])('Retry-After %s is %s s', (value, seconds) => {
  expect(retryAfterSeconds(value, nowMs)).toBe(seconds)
})

test('no Retry-After', () => {
  expect(retryAfterSeconds(null, nowMs)).toBeUndefined()
})

test('errors of every shape are read', () => {
  const fault = { code: 'c', type: 't', param: 'p', message: 'm' }
  expect(wireFaultOf({ error: fault }, undefined)).toEqual(fault)
  expect(wireFaultOf({ error: 'prompt required' }, undefined).message).toBe('prompt required')
  expect(wireFaultOf({ detail: 'Not Found' }, undefined).message).toBe('Not Found')
  for (const body of [undefined, null, 'x', [], { error: null }, { error: 7 }]) {
    expect(wireFaultOf(body, undefined).message).toBeUndefined()
  }
})

const fault = { code: undefined, type: undefined, param: undefined, message: undefined }

test.each([
  [400, { param: 'size' }, 'unsupported_by_backend'],
  [400, { code: 'billing_hard_limit_reached' }, 'backend_failed'],
  [400, { code: 'content_policy_violation' }, 'moderated'],
  [402, {}, 'backend_failed'],
  [418, {}, 'invalid_request'],
  [599, {}, 'backend_failed'],
])('status %i with %j is %s', (status, changes, code) => {
  expect(answerError(status, { ...fault, ...changes }, 3)).toMatchObject({ code })
})

test('a retry that cannot help carries no Retry-After', () => {
  expect(answerError(400, fault, 3).retryAfterS).toBeUndefined()
  expect(answerError(500, fault, 3).retryAfterS).toBe(3)
})

test.each([
  [{ code: 'moderation_blocked', type: 'image_generation_user_error' }, 'moderated', 'never'],
  [{ type: 'image_generation_user_error' }, 'invalid_request', 'never'],
  [{ code: 'rate_limit_exceeded' }, 'backend_busy', 'same'],
  [{ message: 'Out of memory' }, 'backend_out_of_memory', 'smaller'],
  [{}, 'backend_failed', 'same'],
])('the stream’s error %j is %s', (changes, code, retry) => {
  expect(streamError({ ...fault, ...changes })).toMatchObject({ code, retry })
})

import { expect, test } from 'vitest'
import { DarkroomError } from '../errors.ts'
import type { Caller } from './rights.ts'
import { requireScope } from './rights.ts'

function callerOf(scopes: readonly string[] | undefined): Caller {
  return {
    via: 'key',
    project: 'shop',
    domain: 'shop',
    owner: 'key',
    rights: new Set(['read', 'generate']),
    scopes,
    ratePerMinute: undefined,
  }
}

test('who names a scope of others is told which ones the key may use', () => {
  expect(() => requireScope(callerOf(['web', 'mail']), 'default')).toThrow(
    new DarkroomError(
      'forbidden',
      'This key may not use the scope default, but: web, mail. Name one as scope.',
      { param: 'scope' },
    ),
  )
  expect(() => requireScope(callerOf([]), 'default')).toThrow('This key may not use the scope default.')
  expect(() => requireScope(callerOf(['web']), 'web')).not.toThrow()
  expect(() => requireScope(callerOf(undefined), 'anything')).not.toThrow()
})

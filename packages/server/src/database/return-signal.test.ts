import { expect, test } from 'vitest'
import { pauseUntilDatabaseIsBack, tellDatabaseIsBack } from './return-signal.ts'

const tooLongMs = 3_600_000

test('who waits for the database tries as soon as one part of the process has reached it', async () => {
  const pauses = Promise.all([pauseUntilDatabaseIsBack(tooLongMs), pauseUntilDatabaseIsBack(tooLongMs)])
  tellDatabaseIsBack()
  await pauses
  // News of a return is for those who waited, not for those who come later.
  const stopping = new AbortController()
  const ended: string[] = []
  const later = pauseUntilDatabaseIsBack(tooLongMs, stopping.signal).then(() => ended.push('later'))
  await Promise.resolve()
  expect(ended).toEqual([])
  stopping.abort()
  await later
})

test('a signal that has passed ends the pause at once', async () => {
  await expect(pauseUntilDatabaseIsBack(tooLongMs, AbortSignal.abort())).resolves.toBeUndefined()
})

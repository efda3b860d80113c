import { expect, test } from 'vitest'
import { createBreaker } from './breaker.ts'

function setUp(failures = 3): {
  clock: { now: number }
  changes: boolean[]
  breaker: ReturnType<typeof createBreaker>
} {
  const clock = { now: 0 }
  const changes: boolean[] = []
  const breaker = createBreaker({
    failures,
    now: () => clock.now,
    onChange: (isOpen) => changes.push(isOpen),
  })
  return { clock, changes, breaker }
}

test('opens after that many failures in a row, and not before', () => {
  const { breaker, changes } = setUp()
  breaker.failed('one')
  breaker.failed('two')
  breaker.succeeded()
  breaker.failed('one')
  breaker.failed('two')
  expect(breaker.isOpen).toBe(false)
  breaker.failed('three')
  expect(breaker.isOpen).toBe(true)
  expect(breaker.reason).toBe('three')
  expect(changes).toEqual([true])
})

test('waits longer after each failed probe, and closes with one success', () => {
  const { breaker, clock, changes } = setUp(1)
  const waits: number[] = []
  for (let probe = 0; probe < 8; probe += 1) {
    breaker.failed('down')
    waits.push(breaker.probeAt - clock.now)
    clock.now = breaker.probeAt
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  breaker.succeeded()
  expect(breaker.isOpen).toBe(false)
  breaker.failed('again')
  expect(breaker.probeAt - clock.now).toBe(1000)
  expect(changes).toEqual([true, false, true])
})

import { afterEach, expect, test } from 'vitest'
import { clockAheadMs } from './api/clock.ts'
import { ago, bytes, count, dollars, duration, rate, share, workers } from './format.ts'

afterEach(() => {
  clockAheadMs.value = 0
})

test.each([
  [null, '–'],
  [undefined, '–'],
  [Number.NaN, '–'],
  [0, '0 ms'],
  [0.42, '0.42 ms'],
  [1.25, '1.3 ms'],
  [12.4, '12 ms'],
  [999.4, '999 ms'],
  [999.6, '1 s'],
  [1340, '1.3 s'],
  [61_000, '61 s'],
  [240_000, '4 min'],
  [6_660_000, '1.9 h'],
  [400 * 3_600_000, '17 days'],
  [-180, '-180 ms'],
])('a duration of %s ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test.each([
  [null, '–'],
  [0, '0 %'],
  [0.005, '0.5 %'],
  [0.914, '91 %'],
  [0.9999, '99.9 %'],
  [1, '100 %'],
])('a share of %s is %s', (value, text) => {
  expect(share(value)).toBe(text)
})

test('numbers are short, and say their unit', () => {
  expect([count(1204), count(1_240_000), bytes(640), bytes(1_500_000), dollars(0.04), dollars(1204)]).toEqual(
    ['1,204', '1.2M', '640 B', '1.5 MB', '$0.04', '$1,204'],
  )
})

test('times are by the server’s clock, and what seems to lie ahead is now', () => {
  const dayMs = 86_400_000
  const at = (offsetMs: number): string => new Date(Date.now() + offsetMs).toISOString()
  clockAheadMs.value = -3 * dayMs
  expect(ago(at(-3 * dayMs - 12_500))).toBe('12 s ago')
  expect(ago(at(0))).toBe('just now')
  clockAheadMs.value = 0
  expect([ago(at(-7_300_000)), ago(at(-5 * dayMs - 1000)), ago('nonsense')]).toEqual([
    '2 h ago',
    '5 days ago',
    '–',
  ])
})

test.each([
  [null, '–'],
  [0, '0'],
  [0.424, '0.42'],
  [3, '3'],
  [12.34, '12.3'],
  [640.6, '641'],
  [1234, '1,234'],
])('workers: %s is %s', (value, text) => expect(workers(value)).toBe(text))

test.each([
  [0, '0'],
  [0.4, '0.4'],
  [9.96, '10'],
  [1204, '1,204'],
])('a rate: %s is %s', (perMinute, text) => expect(rate(perMinute)).toBe(text))

import { expect, test } from 'vitest'
import { percentilesOf } from './percentiles.ts'
import { histogram, milliseconds, reportOf, reportText } from './report.ts'
import type { Sample } from './sample.ts'

function hits(count: number, totalMs: number): Sample[] {
  return Array.from({ length: count }, () => ({ ttfbMs: totalMs / 2, totalMs, cacheClass: 'hit', bytes: 1 }))
}

const about = { url: 'http://a/', pace: 'one after another', requests: 200 }

test('percentiles are values that were measured', () => {
  const durations = Array.from({ length: 200 }, (_, index) => index + 1)
  expect(percentilesOf(durations)).toEqual({ p50: 100, p90: 180, p95: 190, p99: 198, max: 200 })
  expect(percentilesOf([7])).toEqual({ p50: 7, p90: 7, p95: 7, p99: 7, max: 7 })
})

test('says it in one line: fast from the cache, half cached, over budget, failed', () => {
  const cached = reportOf(about, { samples: hits(200, 45), faults: {} }, [])
  expect(reportText(cached, hits(200, 45)).split('\n')[0]).toBe('> 45ms (optimized)')
  const miss: Sample[] = hits(100, 90).map((sample) => ({ ...sample, cacheClass: 'miss' }))
  const half = reportOf(about, { samples: [...hits(100, 45), ...miss], faults: {} }, [])
  expect(reportText(half, []).split('\n')[0]).toBe('> 90ms (50 % cached)')
  const over = [{ name: 'p99', limitMs: 40, actualMs: 45, met: false }]
  const late = reportOf(about, { samples: hits(200, 45), faults: { 'HTTP 503': 2 } }, over)
  expect(reportText(late, []).split('\n')[0]).toBe('> 45ms (2 failed, over budget)')
  expect([cached.ok, half.ok, late.ok]).toEqual([true, true, false])
  const none = reportOf(about, { samples: [], faults: { ECONNREFUSED: 200 } }, [])
  expect([reportText(none, []).split('\n')[0], none.ok]).toEqual(['> no answer (failed)', false])
})

test('a row for all, then one for each class that occurred', () => {
  const samples: Sample[] = [...hits(3, 10), { ttfbMs: 900, totalMs: 1000, cacheClass: 'miss', bytes: 1 }]
  const { classes } = reportOf(about, { samples, faults: {} }, [])
  expect(classes.map(({ cacheClass, count, totalMs }) => [cacheClass, count, totalMs.max])).toEqual([
    ['all', 4, 1000],
    ['hit', 3, 10],
    ['miss', 1, 1000],
  ])
})

test('the histogram has a row for each doubling, empty ones included, and all are counted', () => {
  const lines = histogram([1, 1, 1, 1.5, 9])
  expect(lines.map((line) => line.trim().split(/\s+/u).slice(1, 2)[0])).toEqual([
    '1ms',
    '2ms',
    '4ms',
    '8ms',
    '16ms',
  ])
  expect(lines.map((line) => Number(line.split(' ').at(-1)))).toEqual([3, 1, 0, 0, 1])
})

test.each([
  [0.0421, '0.042ms'],
  [4.24, '4.2ms'],
  [42.4, '42ms'],
  [424, '424ms'],
  [4240, '4.24s'],
])('%s is %s', (durationMs, text) => {
  expect(milliseconds(durationMs)).toBe(text)
})

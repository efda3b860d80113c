import { expect, test } from 'vitest'
import { judge, parseBudget } from './budget.ts'
import type { Sample } from './sample.ts'

const samples: Sample[] = Array.from({ length: 100 }, (_, index) => ({
  ttfbMs: index + 1,
  totalMs: (index + 1) * 2,
  cacheClass: index < 90 ? 'hit' : 'miss',
  bytes: 1,
}))

test.each([
  ['p99=50ms', 'p99', 198, false],
  ['p99=198ms', 'p99', 198, true],
  ['ttfb.p50=0.05s', 'ttfb.p50', 50, true],
  ['hit.p99=170', 'hit.p99', 180, false],
  ['miss.ttfb.p1<=91ms', 'miss.ttfb.p1', 91, true],
  ['total.p99.5 ≤ 1s', 'total.p99.5', 200, true],
])('%s', (text, name, actualMs, met) => {
  const budget = parseBudget(text)
  expect('limits' in budget && judge(budget.limits, samples)).toMatchObject([{ name, actualMs, met }])
})

test('a class that did not occur does not meet its limit', () => {
  const budget = parseBudget('stale.p50=1s')
  expect('limits' in budget && judge(budget.limits, samples)).toMatchObject([
    { actualMs: undefined, met: false },
  ])
})

test('takes several limits', () => {
  const budget = parseBudget('p99=50ms, p50=5ms')
  expect('limits' in budget && budget.limits.map(({ name }) => name)).toEqual(['p99', 'p50'])
})

test.each(['', 'p99', 'p0=1ms', 'p100=1ms', 'cold.p50=1ms', 'p99=5m', 'p99=-5ms', 'p50=5ms,', '99=5ms'])(
  'refuses %j',
  (text) => {
    expect(parseBudget(text)).toHaveProperty('fault')
  },
)

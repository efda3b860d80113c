import { expect, test } from 'vitest'
import { requestsOf } from './overview.ts'

function row(name: string, count: number) {
  return { class: name, count, p50Ms: 1, p95Ms: 2, p99Ms: 3 }
}

test('the share of hits is of pictures alone, and the API’s own calls are no pictures', () => {
  const rows = [row('hit', 6), row('stale', 1), row('pre-generated', 1), row('miss', 1), row('collapsed', 1)]
  expect(requestsOf([...rows, row('other', 90)])).toEqual({
    perMinute: 2,
    byClass: { hit: 6, stale: 1, 'pre-generated': 1, miss: 1, collapsed: 1, other: 90 },
    hitShare: 0.8,
  })
})

test('without a picture there is no share', () => {
  expect(requestsOf([row('other', 3)])).toEqual({ perMinute: 0, byClass: { other: 3 }, hitShare: null })
})

import { expect, test } from 'vitest'
import type { Overview } from '../../api/shapes.ts'
import { healthOf } from './health.ts'

const quiet: Overview = {
  at: '2026-11-21T12:00:00.000Z',
  requests: { perMinute: 0, byClass: {}, hitShare: null },
  latency: [],
  queue: { queued: 0, running: 0, speculative: 0, oldestQueuedMs: null, failedLastHour: 0 },
  workers: [{ id: 'a', state: 'idle', models: [], busy: 0, since: '2026-11-21T11:00:00.000Z' }],
  failures: [],
}
const waiting = { ...quiet.queue, queued: 3, oldestQueuedMs: 40_000 }
const failures = [{ requestId: null, at: quiet.at, code: 'backend_timeout', message: 'No answer.' }]

test.each<[string, Partial<Overview>, string, RegExp]>([
  ['nothing asked for', {}, 'well', /^Nobody has asked/u],
  [
    'only other requests',
    { requests: { perMinute: 0, byClass: { other: 227 }, hitShare: null } },
    'well',
    /^227 other requests were answered .* no picture among them/u,
  ],
  [
    'the first picture is being made',
    { queue: { ...quiet.queue, running: 1 } },
    'well',
    /^1 ask is in hand; no picture was answered/u,
  ],
  [
    'one picture',
    { requests: { perMinute: 0.2, byClass: { miss: 1 }, hitShare: 0 } },
    'well',
    /^One picture asked for .* 0 % of them/u,
  ],
  [
    'traffic',
    { requests: { perMinute: 2, byClass: { hit: 9, miss: 1, other: 400 }, hitShare: 0.9 } },
    'well',
    /^10 pictures .* 90 %/u,
  ],
  ['a worker alone without work', { workers: [] }, 'trouble', /nothing new can be made/u],
  ['a queue without workers', { workers: [], queue: waiting }, 'trouble', /^3 asks wait/u],
  ['a slow queue', { queue: waiting }, 'watch', /waited 40 s/u],
  ['a failure', { failures, queue: waiting }, 'watch', /^One failure .*backend_timeout/u],
])('%s', (_, part, tone, detail) => {
  const health = healthOf({ ...quiet, ...part })
  expect(health.tone).toBe(tone)
  expect(health.detail).toMatch(detail)
})

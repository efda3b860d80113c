import { expect, test } from 'vitest'
import { runLoad } from './load.ts'

/** Answers at once, but for one stall at the given request: whoever asks while it lasts waits for its end. */
function stallingProbe(stallAt: number, stallMs: number): Parameters<typeof runLoad>[0] {
  let asked = 0
  let stall = Promise.resolve()
  return {
    ask: async (dueAtMs) => {
      asked += 1
      if (asked === stallAt) stall = new Promise((resolve) => setTimeout(resolve, stallMs))
      await stall
      const totalMs = performance.now() - dueAtMs
      return { ttfbMs: totalMs, totalMs, cacheClass: 'hit', bytes: 0 }
    },
  }
}

test('an open loop counts a stall for every request that was due while it lasted', async () => {
  const { samples } = await runLoad(stallingProbe(10, 500), 100, { kind: 'open', ratePerSecond: 200 })
  // 100 requests were due in those 500 ms, all but the 9 before and the end of the run; half of them waited 200 ms.
  expect(samples.filter(({ totalMs }) => totalMs > 100).length).toBeGreaterThan(50)
})

test('a closed loop of one client meets the stall once', async () => {
  const { samples } = await runLoad(stallingProbe(10, 300), 100, { kind: 'closed', concurrency: 1 })
  expect(samples).toHaveLength(100)
  expect(samples.filter(({ totalMs }) => totalMs > 250)).toHaveLength(1)
})

test('a closed loop has as many requests under way as clients, never more, and sends exactly as many as asked', async () => {
  let underWay = 0
  let most = 0
  let asked = 0
  const probe = {
    ask: async () => {
      asked += 1
      underWay += 1
      most = Math.max(most, underWay)
      await new Promise((resolve) => setImmediate(resolve))
      underWay -= 1
      return { reason: 'HTTP 503' }
    },
  }
  const { samples, faults } = await runLoad(probe, 57, { kind: 'closed', concurrency: 5 })
  expect({ asked, most, samples, faults }).toEqual({
    asked: 57,
    most: 5,
    samples: [],
    faults: { 'HTTP 503': 57 },
  })
})

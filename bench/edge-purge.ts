import type { PurgeRequest } from '@darkroom/edge'
import { createEdge, createMemoryEdgeStore } from '@darkroom/edge'
import type { BenchResult } from './result.ts'
import { round } from './result.ts'

const objects = 100_000
const domain = 'bench'

/** What purges cost: until they are seen, and while memory is reclaimed behind. */
export async function edgePurgeBench(): Promise<BenchResult> {
  const rows = []
  for (const [what, purge] of [
    [`tag of ${objects} objects`, { tags: ['all'] }],
    [`tag of 1 object beside ${objects}`, { tags: ['one-500'] }],
    ['everything', { everything: true }],
    [`tag of ${objects} objects, soft`, { tags: ['all'], soft: true }],
  ] as const) {
    rows.push({ purge: what, ...(await purgeOnce(purge)) })
  }
  return {
    name: 'edge purges',
    method: `${objects} objects with two tags each in memory; "seen" is the purge with the lookup after it; slices are timed one by one, stalls are the longest gaps between turns of the event loop until all is reclaimed (garbage collection included)`,
    rows,
  }
}

interface PurgeFigures {
  hit: number
  'seen ms': number
  slices: number
  'longest slice ms': number
  'longest stall ms': number
  'left afterwards': number
}

async function purgeOnce(purge: Omit<PurgeRequest, 'domain'>): Promise<PurgeFigures> {
  const slicesMs: number[] = []
  const waiting = new Set<() => void>()
  const store = createMemoryEdgeStore({
    maxBytes: 2 ** 30,
    schedule: (task) => {
      const timed = (): void => {
        waiting.delete(timed)
        const startedAt = performance.now()
        task()
        slicesMs.push(performance.now() - startedAt)
      }
      waiting.add(timed)
      setImmediate(timed)
    },
  })
  let number = 0
  const edge = createEdge({
    store,
    origin: (_request, { addTags }) => {
      addTags(['all', `one-${(number += 1)}`])
      return new Response('x', { headers: { 'cache-control': 'max-age=3600, stale-while-revalidate=60' } })
    },
  })
  const request = (index: number): Request => new Request(`http://bench.test/${index}`)
  for (let index = 0; index < objects; index += 1) await edge.fetch(request(index), { domain })
  const probe = request(499)
  if (edge.peek(probe, { domain }) === undefined) throw new Error('nothing was stored')
  // A server has purged before, and has a moment's rest now and then.
  await edge.purge({ tags: ['nothing'], domain })
  await new Promise((resolve) => setTimeout(resolve, 500))
  const startedAt = performance.now()
  const { purged } = await edge.purge({ ...purge, domain })
  if (edge.peek(probe, { domain }) !== undefined) throw new Error('the purge is not seen')
  const seenMs = performance.now() - startedAt
  let longestStallMs = 0
  let turnAt = performance.now()
  do {
    await new Promise((resolve) => setImmediate(resolve))
    const now = performance.now()
    longestStallMs = Math.max(longestStallMs, now - turnAt)
    turnAt = now
  } while (waiting.size > 0)
  const left = edge.stats().objects
  edge.close()
  return {
    hit: purged,
    'seen ms': round(seenMs, 4),
    slices: slicesMs.length,
    'longest slice ms': round(Math.max(0, ...slicesMs), 3),
    'longest stall ms': round(longestStallMs, 2),
    'left afterwards': left,
  }
}

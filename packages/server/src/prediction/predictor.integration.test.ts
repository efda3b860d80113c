import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestCluster, TestNode } from '../generation/testing/test-cluster.ts'
import { startTestCluster } from '../generation/testing/test-cluster.ts'
import { generationKey } from '../request/picture-spec.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import { createCatalogs } from './catalogs/catalogs.ts'
import { createPredictions } from './predictions.ts'
import type { PredictionRow } from './predictions.ts'
import { createPredictor } from './predictor.ts'
import type { Predictor } from './predictor.ts'
import { decisionsOf } from './testing/decisions-of.ts'
import { seasonalEvents } from './testing/seasonal-trace.ts'
import { scopeName } from './speculation.ts'
import { dayMs } from './usage-event.ts'
import type { UsageEvent } from './usage-event.ts'

/**
 * The predictor over a real database: months of usage written as gateways write it, and every night all results are
 * retired. Nothing draws: what is planned is what is looked at.
 */
let cluster: TestCluster
let node: TestNode
let predictor: Predictor
const delivered: { generationId: string; format: string }[] = []
const resolveModel = (): PictureSpec['model'] => ({
  alias: 'default',
  backend: 'sketch',
  model: 'sketch-1',
  rendererVersion: '1',
})
const events = seasonalEvents({ days: 70, perDay: 120, seed: 1 })
const lastMidnight = Math.ceil((events.at(-1)?.atMs ?? 0) / dayMs) * dayMs

beforeAll(async () => {
  cluster = await startTestCluster()
  node = await cluster.openNode()
  cluster.clock.now = lastMidnight
  await writeHistory()
})

afterAll(async () => {
  await predictor.stop()
  await cluster.close()
})

function specOf(key: string): PictureSpec {
  return {
    domain: 'default',
    model: resolveModel(),
    prompt: `picture ${key}`,
    negative: undefined,
    style: undefined,
    widthPx: 64,
    heightPx: 64,
    seed: 0,
  }
}

async function writeHistory(): Promise<void> {
  const { kysely } = node.database
  const keys = [...new Set(events.map(({ key }) => key))]
  for (const key of keys) {
    const spec = specOf(key)
    await kysely
      .insertInto('generations')
      .values({
        domain: spec.domain,
        key: generationKey(spec),
        status: 'stored',
        priority: 'demand',
        alias: 'default',
        backend: 'sketch',
        model: 'sketch-1',
        renderer_version: '1',
        prompt: spec.prompt,
        width_px: 64,
        height_px: 64,
        seed: 0,
        image_id: `img_${key}`,
        object_hash: key,
        retired_at: new Date(lastMidnight),
      })
      .execute()
  }
  for (let from = 0; from < events.length; from += 2000)
    await kysely
      .insertInto('usage_events')
      .values(
        events.slice(from, from + 2000).map(({ atMs, key, family }) => ({
          at: new Date(atMs),
          project: 'default',
          scope: 'shop',
          key,
          generation_key: generationKey(specOf(key)),
          family,
          format: 'webp',
          class: 'hit',
          wait_ms: 1,
        })),
      )
      .execute()
  await kysely
    .insertInto('scopes')
    .values({ project: 'default', name: 'shop', prediction: JSON.stringify({ dailyGenerations: 30 }) })
    .execute()
}

function startPredictor(): Predictor {
  const parts = { database: node.database.kysely, now: () => cluster.clock.now }
  return createPredictor({
    ...parts,
    predictions: createPredictions(parts),
    catalogs: createCatalogs(parts),
    foresee: (ask) => node.generations.foresee(ask),
    maxQueued: 1000,
    resolveModel,
    domainOf: (project) => project,
    prepareDelivery: async (generationId, format) => void delivered.push({ generationId, format }),
    flushUsage: async () => {},
    seed: 1,
    log: cluster.log,
    // Only the test's own looks.
    intervalMs: 3_600_000,
  })
}

async function planned(): Promise<PredictionRow[]> {
  return await createPredictions({ database: node.database.kysely, now: () => cluster.clock.now }).list({
    project: 'default',
    scopes: ['shop'],
    status: undefined,
    limit: 1000,
  })
}

describe('the predictor after everything was retired', () => {
  test('does nothing while demand waits', async () => {
    const waiting = await node.generations.accept({
      project: 'default',
      scope: 'other',
      source: 'native',
      prompt: 'wanted',
      model: 'default',
      tags: [],
      priority: 'demand',
      pictures: [specOf('wanted')],
    })
    predictor = startPredictor()
    await predictor.tick()
    expect(await planned()).toEqual([])
    if (waiting.kind !== 'accepted') throw new Error('not accepted')
    await node.generations.cancel('default', waiting.request.record.id)
  })

  test('plans what the simulator plans from the same events', async () => {
    await predictor.tick()
    const rows = await planned()
    // The server tells scopes of projects apart.
    const scope = scopeName('default', 'shop')
    const slice = [...events, atMidnight()].map((event) => ({ ...event, scope }))
    const simulated = decisionsOf(slice, 1).filter(({ atMs }) => atMs === lastMidnight)
    expect(simulated.length).toBeGreaterThan(20)
    const seen = rows.map(({ key, kind, reason, status }) => ({
      key,
      kind,
      reason,
      heldOut: status === 'held-out',
    }))
    const expected = simulated.map(({ key, kind, reason, heldOut }) => ({ key, kind, reason, heldOut }))
    expect(sorted(seen)).toEqual(sorted(expected))
    expect(rows[0]?.reason).toMatch(/^asked \d+ times? in 14 days, purged just now$/u)
  })

  test('spends no more than the budget of the day, on speculative jobs', async () => {
    const rows = await planned()
    const spent = rows.filter(({ status }) => status === 'planned')
    expect(spent.length + rows.filter(({ status }) => status === 'held-out').length).toBe(30)
    expect(spent.length).toBeGreaterThan(20)
    const queued = await node.database.kysely
      .selectFrom('generations')
      .select(['priority', 'revision'])
      .where('status', '=', 'queued')
      .execute()
    expect(queued).toEqual(
      Array.from({ length: spent.length }, () => ({ priority: 'speculative', revision: 2 })),
    )
    // Later on the same day what was held out does not count, and there the budget ends.
    for (let looks = 0; looks < 3; looks++) {
      cluster.clock.now += 2 * 3_600_000
      await predictor.tick()
    }
    expect((await planned()).filter(({ status }) => status === 'planned')).toHaveLength(30)
  })

  test('has what was made encoded as the scope is asked for it', async () => {
    expect(delivered).toEqual([])
    const drawn = await node.database.kysely
      .updateTable('generations')
      .set({ status: 'stored', object_hash: 'x', settled_at: new Date(cluster.clock.now) })
      .where('status', '=', 'queued')
      .returning('id')
      .execute()
    await predictor.tick()
    const made = (await planned()).filter(({ status }) => status === 'made')
    expect(made).toHaveLength(30)
    expect(delivered.map(({ format }) => format)).toEqual(drawn.map(() => 'webp'))
    expect(new Set(delivered.map(({ generationId }) => generationId))).toEqual(
      new Set(drawn.map(({ id }) => id)),
    )
  })

  test('tells what was asked for afterwards, and what never was', async () => {
    const [used, ...rest] = (await planned()).filter(({ status }) => status === 'made')
    if (used === undefined) throw new Error('nothing was made')
    cluster.clock.now += 1000
    await node.database.kysely
      .insertInto('usage_events')
      .values({
        at: new Date(cluster.clock.now),
        project: 'default',
        scope: 'shop',
        key: used.key,
        family: used.family,
        class: 'pre-generated',
        wait_ms: 3,
      })
      .execute()
    await predictor.tick()
    expect((await planned()).find(({ id }) => id === used.id)).toMatchObject({ status: 'used', wait_ms: 3 })
    cluster.clock.now += 31 * dayMs
    await predictor.tick()
    const wasted = new Set((await planned()).filter(({ status }) => status === 'wasted').map(({ id }) => id))
    expect(rest.filter(({ id }) => !wasted.has(id))).toEqual([])
  })
})

/** One ask of the day that begins, so that the simulator gets to its midnight. */
function atMidnight(): UsageEvent {
  const last = events.at(-1)
  if (last === undefined) throw new Error('no events')
  return { ...last, atMs: lastMidnight + 1 }
}

function sorted<T extends { key: string }>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

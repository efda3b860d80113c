import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { comparisonText } from '../cli/comparison-text.ts'
import type { Database } from '../database/database.ts'
import { openDatabase } from '../database/database.ts'
import type { EmbeddedPostgres } from '../database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { migrate } from '../database/migrate.ts'
import { migrations } from '../database/migrations.ts'
import { startFlusher } from './flusher.ts'
import type { Labels } from './labels.ts'
import type { LatencyAsk, LatencyReport } from './latency-query.ts'
import { readLatency } from './latency-query.ts'
import { readLedger } from './ledger-query.ts'
import { createMarkers } from './markers.ts'
import type { Measurements } from './measurements.ts'
import { createMeasurements } from './measurements.ts'
import { storeSlices } from './measurement-store.ts'
import { rollUp } from './roll-up.ts'

const hourMs = 3_600_000
const minuteMs = 60_000
const log = { warn: () => {}, info: () => {}, error: () => {}, debug: () => {} }
const labels: Labels = { route: '/live/{scope}', cacheClass: 'miss', scope: 'a', model: 'm' }

const measuredTables = [
  'latency_minutes',
  'latency_hours',
  'ledger_minutes',
  'ledger_hours',
  'summed_hours',
] as const

let folder: string
let postgres: EmbeddedPostgres
let database: Database

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-latency-'))
  postgres = await startEmbeddedPostgres({ dataDir: folder, log })
  database = await openDatabase({ connection: postgres.connection, log })
  await migrate(database.kysely, migrations)
})
afterAll(async () => {
  await database.close()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  for (const table of measuredTables) {
    await database.kysely.deleteFrom(table).execute()
  }
})

/** A process that has measured something at one moment. */
function measured(atMs: number, durationsMs: readonly number[]): Measurements {
  const measurements = createMeasurements({ now: () => atMs })
  for (const durationMs of durationsMs) {
    measurements.record(labels, measurements.stages(), durationMs)
    measurements.ledger.record({ kind: 'fetch', axis: 'time', how: 'cached', durationMs, bytes: 2 })
  }
  return measurements
}

function ask(fromMs: number, toMs: number): LatencyAsk {
  const all = { class: undefined, route: undefined, scope: undefined, model: undefined }
  return { fromMs, toMs, by: 'class', stage: 'total', points: 48, ...all }
}

describe('what was measured', () => {
  test('of several processes adds up; what is stored twice counts once', async () => {
    const nowMs = Date.now()
    const first = measured(nowMs, [10, 20])
    const second = measured(nowMs, [30, 40])
    for (let round = 0; round < 3; round += 1) {
      await storeSlices(database.kysely, 1, first.pending())
      await storeSlices(database.kysely, 2, second.pending())
      first.record(labels, first.stages(), 50)
    }
    await storeSlices(database.kysely, 1, first.pending())
    const { groups } = await readLatency(database.kysely, ask(nowMs - minuteMs, nowMs + minuteMs))
    expect(groups).toMatchObject([{ name: 'miss', count: 7, maxMs: 50 }])
    expect(Math.abs((groups[0]?.p50Ms ?? 0) / 40 - 1)).toBeLessThan(0.01)
    const ledger = await readLedger(database.kysely, { fromMs: nowMs - minuteMs, toMs: nowMs + minuteMs })
    expect(ledger.totals).toMatchObject({ cached: 4, savedMs: 100, savedBytes: 8 })
  })

  test('a store that fails loses nothing, and is tried again; requests never hear of it', async () => {
    const measurements = measured(Date.now(), [10])
    const failing = startFlusher({
      database: database.kysely.withSchema('nowhere'),
      measurements,
      process: 3,
      log,
      intervalMs: hourMs,
    })
    await expect(failing.flush()).rejects.toThrow(/nowhere/u)
    measurements.record(labels, measurements.stages(), 20)
    await failing.close()
    const flusher = startFlusher({
      database: database.kysely,
      measurements,
      process: 3,
      log,
      intervalMs: hourMs,
    })
    await flusher.close()
    const { groups } = await readLatency(
      database.kysely,
      ask(Date.now() - 2 * minuteMs, Date.now() + minuteMs),
    )
    expect(groups).toMatchObject([{ count: 2 }])
  })

  test('minutes become hours, once, late ones too; old minutes and old hours go', async () => {
    const nowMs = Math.floor(Date.now() / hourMs) * hourMs + 10 * minuteMs
    const at = (ageMs: number, process: number, durationsMs: readonly number[]): Promise<void> =>
      storeSlices(database.kysely, process, measured(nowMs - ageMs, durationsMs).pending())
    await at(2 * hourMs, 1, [100])
    await at(30 * hourMs, 1, [300, 300])
    await at(91 * 24 * hourMs, 1, [900])
    await rollUp(database.kysely, nowMs)
    await at(2 * hourMs + minuteMs, 2, [200])
    await rollUp(database.kysely, nowMs)
    await rollUp(database.kysely, nowMs)

    const minutes = await database.kysely.selectFrom('latency_minutes').select('starts_at').execute()
    expect(minutes).toHaveLength(2)
    const hours = await database.kysely.selectFrom('latency_hours').select('starts_at').execute()
    expect(hours).toHaveLength(2)
    const day = await readLatency(database.kysely, ask(nowMs - 24 * hourMs, nowMs))
    expect(day.groups).toMatchObject([{ count: 2 }])
    const week = await readLatency(database.kysely, ask(nowMs - 7 * 24 * hourMs, nowMs))
    expect(week.groups).toMatchObject([{ count: 4, maxMs: 300 }])
    expect(week.bucketMs % hourMs).toBe(0)
    const ledger = await readLedger(database.kysely, { fromMs: nowMs - 7 * 24 * hourMs, toMs: nowMs })
    expect(ledger.totals).toMatchObject({ cached: 4, savedMs: 900 })
  })
})

describe('a long window', () => {
  const nowMs = Date.now()
  const presentMs = Math.floor(nowMs / hourMs) * hourMs

  /** Two processes and two scopes over a day, each hour in three minutes of it. */
  async function fillDay(): Promise<void> {
    for (let ageHours = 0; ageHours <= 24; ageHours += 1) {
      for (const minute of [1, 20, 59]) {
        const atMs = presentMs - ageHours * hourMs + minute * minuteMs
        if (atMs >= nowMs) continue
        for (const process of [1, 2]) {
          const measurements = createMeasurements({ now: () => atMs })
          for (const scope of ['a', 'b']) {
            const timings = measurements.stages()
            timings.add('generate', minute * process)
            measurements.record({ ...labels, scope }, timings, 10 * minute + ageHours)
          }
          await storeSlices(database.kysely, process, measurements.pending())
        }
      }
    }
  }

  const reports = (): Promise<LatencyReport[]> =>
    Promise.all(
      (['class', 'stage', 'route', 'scope', 'model'] as const).flatMap((by) =>
        [24, 7 * 24].map((hours) =>
          readLatency(database.kysely, { ...ask(nowMs - hours * hourMs, nowMs), by }),
        ),
      ),
    )

  test('is read from the sums of its hours, and says what its minutes say', async () => {
    await fillDay()
    const byMinutes = await reports()
    await rollUp(database.kysely, nowMs)
    const summed = await database.kysely.selectFrom('summed_hours').selectAll().execute()
    expect(summed).toHaveLength(24)
    const bySums = await reports()
    // A day; what is older than the minutes are kept is hours alone.
    expect(bySums.filter((_, at) => at % 2 === 0)).toEqual(byMinutes.filter((_, at) => at % 2 === 0))
    // What the sums were made of is read no more.
    await database.kysely
      .deleteFrom('latency_minutes')
      .where('starts_at', '>=', new Date(presentMs - 20 * hourMs))
      .where('starts_at', '<', new Date(presentMs - 2 * hourMs))
      .execute()
    expect(await reports()).toEqual(bySums)
  })

  test('takes the minutes of an hour that was summed before all of it had come', async () => {
    const atMs = presentMs - 2 * hourMs
    await storeSlices(database.kysely, 1, measured(atMs, [100]).pending())
    await rollUp(database.kysely, atMs + hourMs + 5 * minuteMs)
    await storeSlices(database.kysely, 2, measured(atMs, [200]).pending())
    const day = await readLatency(database.kysely, ask(nowMs - 24 * hourMs, nowMs))
    expect(day.groups).toMatchObject([{ count: 2, maxMs: 200 }])
  })
})

test('a comparison says that there are more hits, and what changed besides', async () => {
  const atMs = Math.floor(Date.now() / minuteMs) * minuteMs - 30 * minuteMs
  for (let minute = -10; minute < 10; minute += 1) {
    const measurements = createMeasurements({ now: () => atMs + minute * minuteMs })
    for (let index = 0; index < 50; index += 1) {
      const isHit = minute < 0 ? index < 10 : index < 40
      const cacheClass = isHit ? 'hit' : 'miss'
      measurements.record({ ...labels, cacheClass }, measurements.stages(), isHit ? 2 : 900)
    }
    await storeSlices(database.kysely, 1, measurements.pending())
  }
  const markers = createMarkers({ database: database.kysely, now: () => Date.now(), cut: async () => {} })
  const { id } = await markers.add({ text: 'edge on', atMs, actor: 'local' })
  const all = { windowMs: 10 * minuteMs, class: undefined, route: undefined, stage: 'total' } as const
  const compared = await markers.compare(id, all)
  expect(compared).toMatchObject({ before: { count: 500 }, after: { count: 500 } })
  expect(compared.differences[0]).toMatchObject({ percentile: 50, verdict: 'faster' })
  expect(compared.atEqualShares?.map(({ verdict }) => verdict)).toEqual(Array(3).fill('no difference'))
  expect(compared.classes).toMatchObject([
    { class: 'hit', before: { count: 100, share: 0.2 }, after: { count: 400, share: 0.8 } },
    { class: 'miss', before: { count: 400, share: 0.8 }, after: { count: 100, share: 0.2 } },
  ])
  const text = comparisonText(compared)
  expect(text).toContain('hit 20 % → 80 %')
  expect(text).toMatch(/share that it had before:\np50 .*no difference/u)
  const one = await markers.compare(id, { ...all, class: 'hit' })
  expect(one).toMatchObject({ class: 'hit', warning: null, atEqualShares: null, classes: [] })
})

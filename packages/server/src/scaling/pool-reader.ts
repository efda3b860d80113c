import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { PoolState } from '../capacity/scaling-event.ts'
import type { Schema } from '../database/schema.ts'

/** The workers that live, and what waits. */
export interface PoolReading {
  pool: PoolState
  /** Jobs that a worker runs at once, on average. */
  slots: number
  /** By route, `backend:model`. */
  models: Readonly<Record<string, ModelReading>>
  /** Names (`host:pid`) of workers that run something. */
  busyNames: ReadonlySet<string>
}

export interface ModelReading {
  queued: number
  running: number
  /** Workers that have it loaded, and that are loading it. */
  warm: number
  starting: number
}

/** A row that nobody has renewed for this long is a dead process's. */
const livingS = 10

/** Reads workers and open records; carousels' slides are no GPU's work. */
export async function readPool(database: Kysely<Schema>): Promise<PoolReading> {
  const workers = await database
    .selectFrom('workers')
    .select([
      'name',
      'state',
      'models',
      'warming',
      'busy',
      'slots',
      sql<number>`(extract(epoch from now() - coalesce(since, now())) * 1000)::float8`.as('since_ms'),
    ])
    .where('state', 'in', ['starting', 'warming', 'ready', 'busy'])
    .where('seen_at', '>', sql<Date>`now() - ${livingS} * interval '1 second'`)
    .execute()
  const open = await database
    .selectFrom('generations')
    .select(['backend', 'model', 'status', sql<number>`count(*)::int`.as('count')])
    .where('status', 'in', ['queued', 'running'])
    .where('priority', '=', 'demand')
    .groupBy(['backend', 'model', 'status'])
    .execute()
  const models: Record<string, ModelReading> = {}
  const of = (route: string): ModelReading =>
    (models[route] ??= { queued: 0, running: 0, warm: 0, starting: 0 })
  for (const { backend, model, status, count } of open) {
    of(`${backend}:${model}`)[status === 'queued' ? 'queued' : 'running'] += count
  }
  for (const { models: loaded, warming } of workers) {
    for (const route of loaded) of(route).warm += 1
    if (warming !== null) of(warming).starting += 1
  }
  const slots = Math.max(1, mean(workers.map((worker) => worker.slots)))
  const isStarting = (state: string | null): boolean => state === 'starting' || state === 'warming'
  const warm = workers.filter(({ state }) => !isStarting(state))
  const queued = Object.values(models).reduce((sum, each) => sum + each.queued, 0)
  return {
    slots,
    models,
    busyNames: new Set(workers.filter(({ busy }) => busy > 0).map(({ name }) => name)),
    pool: {
      queued: Math.ceil(queued / slots),
      busy: warm.filter(({ busy }) => busy > 0).length,
      starting: workers.length - warm.length,
      idleForMs: warm
        .filter(({ busy }) => busy === 0)
        .map(({ since_ms: sinceMs }) => sinceMs)
        .toSorted((a, b) => b - a),
    },
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length
}

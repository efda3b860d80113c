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
  /** Names (`host:pid`) of all of them. */
  names: ReadonlySet<string>
  /** Of those that make what somebody asked for. */
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

/** The pool as it is now, and since when its workers have made nothing that somebody waits for. */
export interface PoolReader {
  read(): Promise<PoolReading>
}

/**
 * A worker is busy while it makes what somebody asked for. Speculative pictures neither make it so nor keep it: they
 * use the idle. Slides of carousels are no GPU's work.
 */
export function createPoolReader(database: Kysely<Schema>, now: () => number): PoolReader {
  /** By worker, when it was last seen busy, or first seen warm. */
  let busyAtMs = new Map<number, number>()

  return {
    read: async () => {
      const workers = await livingWorkers(database)
      const open = await openDemand(database)
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
      const warm = workers.filter(({ state }) => state === 'ready' || state === 'busy')
      const working = new Set(open.map(({ worker_id: workerId }) => workerId))
      const isBusy = ({ id }: { id: number }): boolean => working.has(id)
      const nowMs = now()
      busyAtMs = new Map(
        warm.map((worker) => [worker.id, isBusy(worker) ? nowMs : (busyAtMs.get(worker.id) ?? nowMs)]),
      )
      const queued = Object.values(models).reduce((sum, each) => sum + each.queued, 0)
      return {
        slots,
        models,
        names: new Set(workers.map(({ name }) => name)),
        busyNames: new Set(workers.filter(isBusy).map(({ name }) => name)),
        pool: {
          queued: Math.ceil(queued / slots),
          busy: warm.filter(isBusy).length,
          starting: workers.length - warm.length,
          idleForMs: warm
            .filter((worker) => !isBusy(worker))
            .map(({ id }) => Math.max(0, nowMs - (busyAtMs.get(id) ?? nowMs)))
            .toSorted((a, b) => b - a),
        },
      }
    },
  }
}

async function livingWorkers(database: Kysely<Schema>): Promise<
  {
    id: number
    name: string
    state: string | null
    models: string[]
    warming: string | null
    slots: number
  }[]
> {
  return await database
    .selectFrom('workers')
    .select(['id', 'name', 'state', 'models', 'warming', 'slots'])
    .where('state', 'in', ['starting', 'warming', 'ready', 'busy'])
    .where('seen_at', '>', sql<Date>`now() - ${livingS} * interval '1 second'`)
    .execute()
}

async function openDemand(
  database: Kysely<Schema>,
): Promise<{ backend: string; model: string; status: string; worker_id: number | null; count: number }[]> {
  return await database
    .selectFrom('generations')
    .select(['backend', 'model', 'status', 'worker_id', sql<number>`count(*)::int`.as('count')])
    .where('status', 'in', ['queued', 'running'])
    .where('priority', '=', 'demand')
    .groupBy(['backend', 'model', 'status', 'worker_id'])
    .execute()
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length
}

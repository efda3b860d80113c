import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema, WorkersTable } from '../database/schema.ts'
import type { JobQueue, Lease } from '../queue/job-queue.ts'
import { routeOf } from './generation-row.ts'
import { appendLoading } from './events.ts'
import { putBack } from './recovery.ts'

export type WorkerState = NonNullable<WorkersTable['state']>

/** What a worker tells the others of itself. */
export interface WorkerStatus {
  state: WorkerState
  /** Routes of the models that it has drawn with and still has loaded. */
  models: readonly string[]
  /** The route that it is loading. */
  warming: string | undefined
  busy: number
  slots: number
}

/** A route whose jobs wait. */
export interface WaitingRoute {
  route: string
  backend: string
  model: string
  /** At most `maxLookedAt` in all. */
  count: number
  /** For how long the oldest of them has waited. */
  waitedMs: number
  /** Whether somebody waits for one of them. */
  isDemand: boolean
}

/** What workers know of each other, and of what waits. */
export interface WorkerRows {
  /** Writes this worker's row. */
  announce(workerId: number, status: WorkerStatus): Promise<void>
  /** This worker has ended. */
  leave(workerId: number): Promise<void>
  /** The others that live and take jobs. */
  peers(workerId: number): Promise<WorkerStatus[]>
  /** The routes of the jobs that wait at the head of the line. */
  waiting(): Promise<WaitingRoute[]>
  /**
   * Asks to load a route: of several idle workers that see the same jobs wait, one is to load their model, or as many
   * as the jobs fill. One decides at a time.
   * @param isWanted whether it is to, as the others are by then
   * @returns whether this worker may; then its row says that it does
   */
  mayLoad(
    workerId: number,
    route: string,
    isWanted: (peers: readonly WorkerStatus[]) => boolean,
  ): Promise<boolean>
  /** Tells those who wait for the route that its model is being loaded. */
  tellLoading(route: string): Promise<void>
  /** Gives a job back that is not for this worker, to its place in line. */
  putBack(job: Lease): Promise<void>
}

/** A row that nobody has renewed for this long is a dead process's. */
const livingMs = 10_000
const maxLookedAt = 200

export function createWorkerRows({
  database,
  queue,
}: {
  database: Kysely<Schema>
  queue: JobQueue
}): WorkerRows {
  return {
    announce: async (workerId, status) => {
      await database
        .updateTable('workers')
        .set((eb) => ({
          state: status.state,
          models: JSON.stringify(status.models),
          warming: status.warming ?? null,
          busy: status.busy,
          slots: status.slots,
          seen_at: sql<Date>`now()`,
          since: eb
            .case()
            .when('state', 'is not distinct from', status.state)
            .then(eb.ref('since'))
            .else(sql<Date>`now()`)
            .end(),
        }))
        .where('id', '=', workerId)
        .execute()
    },
    leave: async (workerId) => {
      await database
        .updateTable('workers')
        .set({ state: null, models: '[]', warming: null, busy: 0, slots: 0, seen_at: null })
        .where('id', '=', workerId)
        .execute()
    },
    peers: (workerId) => readPeers(database, workerId),
    waiting: async () => {
      const head = database
        .selectFrom('generations')
        .select(['backend', 'model', 'queued_at', 'priority'])
        .where('status', '=', 'queued')
        .orderBy('priority')
        .orderBy('turn')
        .limit(maxLookedAt)
      const rows = await database
        .selectFrom(head.as('head'))
        .select([
          'backend',
          'model',
          sql<number>`count(*)::int`.as('count'),
          sql<number>`(extract(epoch from now() - min(queued_at)) * 1000)::float8`.as('waited_ms'),
          sql<boolean>`bool_or(priority = 'demand')`.as('is_demand'),
        ])
        .groupBy(['backend', 'model'])
        .execute()
      return rows
        .map(({ backend, model, count, waited_ms: waitedMs, is_demand: isDemand }) => ({
          route: routeOf({ backend, model }),
          backend,
          model,
          count,
          waitedMs,
          isDemand,
        }))
        .toSorted((a, b) => b.waitedMs - a.waitedMs)
    },
    mayLoad: (workerId, route, isWanted) => mayLoad(database, workerId, route, isWanted),
    tellLoading: (route) => appendLoading(database, queue, route),
    putBack: (job) => putBack({ database, queue }, job),
  }
}

async function readPeers(database: Kysely<Schema>, workerId: number): Promise<WorkerStatus[]> {
  const rows = await database
    .selectFrom('workers')
    .select(['state', 'models', 'warming', 'busy', 'slots'])
    .where('id', '<>', workerId)
    .where('state', 'in', ['starting', 'warming', 'ready', 'busy'])
    .where('seen_at', '>', sql<Date>`now() - ${livingMs} * interval '1 millisecond'`)
    .execute()
  return rows.flatMap(({ state, warming, ...row }) =>
    state === null ? [] : [{ ...row, state, warming: warming ?? undefined }],
  )
}

/** Class of the locks under which workers agree who loads what ("drl" in ASCII). */
const loadLock = 0x64726c

async function mayLoad(
  database: Kysely<Schema>,
  workerId: number,
  route: string,
  isWanted: (peers: readonly WorkerStatus[]) => boolean,
): Promise<boolean> {
  return await database.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${loadLock}::int, hashtext(${route}))`.execute(transaction)
    if (!isWanted(await readPeers(transaction, workerId))) return false
    await transaction
      .updateTable('workers')
      .set({ warming: route, seen_at: sql<Date>`now()` })
      .where('id', '=', workerId)
      .execute()
    return true
  })
}

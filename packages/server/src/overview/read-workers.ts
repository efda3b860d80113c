import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { gatewayLockName, workerLock } from '../database/session-lock.ts'
import type { Schema, WorkersTable } from '../database/schema.ts'
import type { WorkerReport } from './overview-report.ts'

interface Row {
  name: string
  started_at: Date
  /** `null` of a process that has not told of itself yet. */
  state: WorkersTable['state']
  models: string[]
  warming: string | null
  busy: number
}

/** Processes that hold their lock at this moment, and so live, with what they have in hand. */
export async function readWorkers(database: Kysely<Schema>): Promise<WorkerReport[]> {
  const { rows } = await sql<Row>`
    select workers.name, workers.started_at, workers.state, workers.models, workers.warming,
      count(running.worker_id)::int as busy
    from workers
    inner join pg_locks on pg_locks.locktype = 'advisory' and pg_locks.granted and pg_locks.objsubid = 2
      and pg_locks.classid = ${workerLock}::oid and pg_locks.objid = workers.id::oid
      and pg_locks.database = (select oid from pg_database where datname = current_database())
    inner join pg_stat_activity on pg_stat_activity.pid = pg_locks.pid
      and pg_stat_activity.application_name <> ${gatewayLockName}
    left join (
      select worker_id from generations where status = 'running'
      union all
      select worker_id from carousels where status = 'running'
    ) as running on running.worker_id = workers.id
    group by workers.id
    order by workers.id
  `.execute(database)
  return rows.map(({ name, started_at: startedAt, state, models, warming, busy }) => ({
    id: name,
    state: busy > 0 && state !== 'draining' ? 'busy' : nameOf[state ?? 'ready'],
    models,
    ...(warming === null ? {} : { warming }),
    busy,
    since: startedAt.toISOString(),
  }))
}

/** What its state says to people: a worker that is ready has nothing to do, and one at work has ended just now. */
const nameOf: Readonly<Record<NonNullable<WorkersTable['state']>, WorkerReport['state']>> = {
  starting: 'starting',
  warming: 'warming',
  ready: 'idle',
  busy: 'idle',
  draining: 'draining',
  failed: 'failed',
}

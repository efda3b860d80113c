import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { gatewayLockName, workerLock } from '../database/session-lock.ts'
import type { Schema } from '../database/schema.ts'
import type { WorkerReport } from './overview-report.ts'

interface Row {
  name: string
  started_at: Date
  models: string[]
  busy: number
}

/** Processes that hold their lock at this moment, and so live, with what they have in hand. */
export async function readWorkers(database: Kysely<Schema>): Promise<WorkerReport[]> {
  const { rows } = await sql<Row>`
    select workers.name, workers.started_at,
      coalesce(array_agg(distinct running.model) filter (where running.model is not null), '{}') as models,
      count(running.worker_id)::int as busy
    from workers
    inner join pg_locks on pg_locks.locktype = 'advisory' and pg_locks.granted and pg_locks.objsubid = 2
      and pg_locks.classid = ${workerLock}::oid and pg_locks.objid = workers.id::oid
      and pg_locks.database = (select oid from pg_database where datname = current_database())
    inner join pg_stat_activity on pg_stat_activity.pid = pg_locks.pid
      and pg_stat_activity.application_name <> ${gatewayLockName}
    left join (
      select worker_id, alias as model from generations where status = 'running'
      union all
      select worker_id, null from carousels where status = 'running'
    ) as running on running.worker_id = workers.id
    group by workers.id
    order by workers.id
  `.execute(database)
  return rows.map(({ name, started_at: startedAt, models, busy }) => ({
    id: name,
    state: busy > 0 ? 'busy' : 'idle',
    models,
    busy,
    since: startedAt.toISOString(),
  }))
}

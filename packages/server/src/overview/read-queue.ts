import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { QueueReport } from './overview-report.ts'

const hourMs = 3_600_000

interface Row {
  queued: number
  running: number
  speculative: number
  oldest: Date | null
}

/** What waits and runs, by the small indexes of open work; a million settled records cost nothing. */
export async function readQueue(database: Kysely<Schema>, atMs: number): Promise<QueueReport> {
  const { rows } = await sql<Row>`
    select count(*) filter (where status = 'queued' and priority = 'demand')::int as queued,
      count(*) filter (where status = 'running' and priority = 'demand')::int as running,
      count(*) filter (where priority = 'speculative')::int as speculative,
      min(queued_at) filter (where status = 'queued' and priority = 'demand') as oldest
    from (
      select status, priority, queued_at from generations where status in ('queued', 'running')
      union all
      select status, 'demand', created_at from carousels where status in ('queued', 'running')
    ) as open
  `.execute(database)
  const row = rows[0] ?? { queued: 0, running: 0, speculative: 0, oldest: null }
  const { oldest, ...counts } = row
  return {
    ...counts,
    // Another process's clock may be ahead of this one's.
    oldestQueuedMs: oldest === null ? null : Math.max(0, atMs - oldest.getTime()),
    failedLastHour: await countFailed(database, new Date(atMs - hourMs)),
  }
}

async function countFailed(database: Kysely<Schema>, since: Date): Promise<number> {
  const { rows } = await sql<{ failed: number }>`
    select (
      (select count(*) from generations where status = 'failed' and settled_at >= ${since}) +
      (select count(*) from carousels where status = 'failed' and settled_at >= ${since})
    )::int as failed
  `.execute(database)
  return rows[0]?.failed ?? 0
}

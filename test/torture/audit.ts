import { hash } from 'node:crypto'

import pg from 'pg'
import type { ObjectStore } from '../../packages/server/src/storage/object-store.ts'
import { until } from '../support/server-process.ts'
import type { Told } from './load.ts'

/** What became of all that was accepted. */
export interface Audit {
  accepted: number
  /** Accepted requests that are gone, or that never ended. */
  lost: number
  /** Keys of one revision with more than one result, by the callers' answers or by the database. */
  duplicates: number
  stored: number
  /** Ended with a reason, by code. */
  failed: Record<string, number>
  /** Objects whose bytes are not those of their name. */
  torn: number
  /** Runs that followed a dead worker; and those whose worker had not been killed: the database's death is no reason. */
  reruns: number
  rerunsWithoutCrash: number
  /** Of these, whose run it was: a process that never came up has ended by itself while it started. */
  unexplained: { worker: number | undefined; pid: number | undefined; cameUp: boolean; at: string }[]
  /**
   * For each generation that a kill interrupted: from the last kill until it was queued again, and until it started; and
   * until that from the death of its own worker, which may lie before the last kill.
   */
  recoveries: { what: string; requeuedMs: number; startedMs: number; startedAfterDeathMs: number }[]
}

/** When something was killed, in milliseconds since 1970, and which processes of the platform died of it. */
export type Kills = readonly { atMs: number; what: string; pids: readonly number[] }[]

/** Waits until everything accepted has ended, and then compares what is there with what was told. */
export async function audit(
  databaseUrl: string,
  store: ObjectStore,
  told: Told,
  kills: Kills,
  startedPids: ReadonlySet<number>,
  settleMs: number,
): Promise<Audit> {
  const database = new pg.Client(databaseUrl)
  await database.connect()
  try {
    const ids = [...told.accepted]
    await untilSettled(database, settleMs)
    const records = await recordsOf(database, ids)
    const reruns = await rerunsOf(database)
    const explained = reruns.flatMap((rerun) => {
      const death = kills.findLast(({ atMs, pids }) => atMs <= rerun.atMs && pids.includes(rerun.pid ?? -1))
      return death === undefined ? [] : [{ ...rerun, death }]
    })
    return {
      accepted: ids.length,
      lost: ids.filter((id) => records.get(id) === undefined || records.get(id) === 'open').length,
      duplicates: duplicateAnswers(told) + (await duplicateRows(database)),
      stored: [...records.values()].filter((outcome) => outcome === 'stored').length,
      failed: countFailures(records),
      torn: await tornObjects(store),
      reruns: reruns.length,
      rerunsWithoutCrash: reruns.length - explained.length,
      unexplained: reruns
        .filter(({ key }) => !explained.some((each) => each.key === key))
        .map(({ worker, pid, atMs }) => ({
          worker,
          pid,
          cameUp: pid !== undefined && startedPids.has(pid),
          at: new Date(atMs).toISOString(),
        })),
      recoveries: explained.flatMap(({ atMs, startedAtMs, death }) => {
        const last = kills.findLast((kill) => kill.atMs <= atMs) ?? death
        if (startedAtMs === undefined) return []
        return [
          {
            what: last.what,
            requeuedMs: atMs - last.atMs,
            startedMs: startedAtMs - last.atMs,
            startedAfterDeathMs: startedAtMs - death.atMs,
          },
        ]
      }),
    }
  } finally {
    await database.end()
  }
}

async function untilSettled(database: pg.Client, settleMs: number): Promise<void> {
  const open = async (): Promise<true | undefined> => {
    const { rows } = await database.query<{ count: string }>(
      "select count(*) from generations where status in ('queued', 'running')",
    )
    return rows[0]?.count === '0' ? true : undefined
  }
  // What is open after that is lost, and the report says so.
  await until(open, settleMs).catch(() => undefined)
}

/** `stored`, `open` or the code of the failure, by request. A failure without a reason counts as open. */
async function recordsOf(database: pg.Client, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await database.query<{ id: string; status: string; error_code: string | null }>(
    `select requests.id, generations.status, generations.error_code
     from requests
     join request_images on request_images.request_id = requests.id
     join generations on generations.id = request_images.generation_id
     where requests.id = any($1)`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row.status === 'stored' ? 'stored' : (row.error_code ?? 'open')]))
}

function countFailures(records: ReadonlyMap<string, string>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const outcome of records.values()) {
    if (outcome !== 'stored' && outcome !== 'open') counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  return counts
}

/** Nothing was regenerated, so each key has one revision and every answer must be the same bytes. */
function duplicateAnswers({ answers }: Told): number {
  return [...answers.values()].filter((hashes) => hashes.size > 1).length
}

async function duplicateRows(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ count: string }>(
    `select count(*) from (
       select key, revision from generations group by key, revision having count(*) > 1
       union all
       select id::text, 0 from generations where revision > 1
       union all
       select generation_id::text, 0 from generation_events where type = 'stored'
       group by generation_id having count(*) > 1
     ) as twice`,
  )
  return Number(rows[0]?.count)
}

interface Rerun {
  key: string
  worker: number | undefined
  /** When the record was queued again. */
  atMs: number
  startedAtMs: number | undefined
  /** Of the worker whose run it was. */
  pid: number | undefined
}

async function rerunsOf(database: pg.Client): Promise<Rerun[]> {
  // A record keeps the time of its last start alone, so only its last rerun can be timed.
  const { rows } = await database.query<{
    key: string
    at: Date
    started: Date | null
    worker: number | null
    pid: number | null
  }>(
    `select queued.generation_id || ' ' || queued.seq as key, queued.created_at as at,
       (queued.data ->> 'lostWorker')::int as worker, workers.pid,
       case when row_number() over (partition by queued.generation_id order by queued.seq desc) = 1
              and generations.started_at > queued.created_at
            then generations.started_at end as started
     from generation_events as queued
     join generations on generations.id = queued.generation_id
     left join workers on workers.id = (queued.data ->> 'lostWorker')::int
     where queued.type = 'queued' and queued.data ? 'rerun'`,
  )
  return rows.map(({ key, at, started, worker, pid }) => ({
    key,
    worker: worker ?? undefined,
    atMs: at.getTime(),
    startedAtMs: started?.getTime(),
    pid: pid ?? undefined,
  }))
}

async function tornObjects(store: ObjectStore): Promise<number> {
  let torn = 0
  for await (const name of store.list('objects/')) {
    const bytes = await store.get(name)
    if (bytes === undefined || hash('sha256', bytes, 'hex') !== name.split('/').at(-1)) torn += 1
  }
  return torn
}

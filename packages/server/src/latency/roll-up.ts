import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { Histogram } from './histogram.ts'
import { histogramToBytes, mergeBytes } from './histogram-bytes.ts'
import { ledgerColumns } from './measurement-store.ts'

const hourMs = 3_600_000

/** Minutes are kept for a day, and the hour in which the day began. */
const keepMinutesMs = 25 * hourMs
const keepHoursMs = 90 * 24 * hourMs

/** A process that could not write may bring its minutes so much later. */
const lateMs = 3 * hourMs

/** Key of the advisory lock ("darkroll" in ASCII): one process sums up, the others leave it. */
const rollUpLock = '7233188282340240492'

/**
 * Sums the minutes of hours that have ended up into hours, and deletes what is older than it is kept. An hour is
 * summed again for as long as a minute of it may come late; the sum takes the place of the one before.
 */
export async function rollUp(database: Kysely<Schema>, nowMs: number): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ locked: boolean }>`
      select pg_try_advisory_xact_lock(${rollUpLock}::bigint) as locked
    `.execute(transaction)
    if (rows[0]?.locked !== true) return
    for (const hour of await hoursToSum(transaction, nowMs)) await sumHour(transaction, hour)
    await deleteOld(transaction, nowMs)
  })
}

async function hoursToSum(transaction: Transaction<Schema>, nowMs: number): Promise<Date[]> {
  const present = new Date(Math.floor(nowMs / hourMs) * hourMs)
  const late = new Date(present.getTime() - lateMs)
  const { rows } = await sql<{ hour: Date }>`
    select distinct date_trunc('hour', starts_at, 'UTC') as hour from (
      select starts_at from latency_minutes where starts_at < ${present}
      union all select starts_at from ledger_minutes where starts_at < ${present}
    ) as slices
    where date_trunc('hour', starts_at, 'UTC') >= ${late}
      or date_trunc('hour', starts_at, 'UTC') not in (
        select starts_at from latency_hours union select starts_at from ledger_hours
      )
    order by hour
  `.execute(transaction)
  return rows.map(({ hour }) => hour)
}

async function sumHour(transaction: Transaction<Schema>, hour: Date): Promise<void> {
  const end = new Date(hour.getTime() + hourMs)
  const slices = await transaction
    .selectFrom('latency_minutes')
    .select(['route', 'class', 'scope', 'model', 'stage', 'histogram'])
    .where('starts_at', '>=', hour)
    .where('starts_at', '<', end)
    .execute()
  const sums = new Map<string, { row: (typeof slices)[number]; histogram: Histogram }>()
  for (const row of slices) {
    const key = [row.route, row.class, row.scope, row.model, row.stage].join(' ')
    let sum = sums.get(key)
    if (sum === undefined) sums.set(key, (sum = { row, histogram: new Histogram() }))
    mergeBytes(sum.histogram, row.histogram)
  }
  for (const { row, histogram } of sums.values()) {
    await transaction
      .insertInto('latency_hours')
      .values({ ...row, starts_at: hour, histogram: Buffer.from(histogramToBytes(histogram)) })
      .onConflict((conflict) =>
        conflict
          .columns(['starts_at', 'stage', 'route', 'class', 'scope', 'model'])
          .doUpdateSet((eb) => ({ histogram: eb.ref('excluded.histogram') })),
      )
      .execute()
  }
  await sumLedgerHour(transaction, hour, end)
}

async function sumLedgerHour(transaction: Transaction<Schema>, hour: Date, end: Date): Promise<void> {
  const columns = sql.join(ledgerColumns.map((name) => sql.ref(name)))
  const sums = sql.join(ledgerColumns.map((name) => sql`sum(${sql.ref(name)})`))
  const updates = sql.join(ledgerColumns.map((name) => sql`${sql.ref(name)} = excluded.${sql.ref(name)}`))
  await sql`
    insert into ledger_hours (starts_at, kind, axis, ${columns})
    select ${hour}::timestamptz, kind, axis, ${sums} from ledger_minutes
    where starts_at >= ${hour} and starts_at < ${end} group by kind, axis
    on conflict (starts_at, kind, axis) do update set ${updates}
  `.execute(transaction)
}

async function deleteOld(transaction: Transaction<Schema>, nowMs: number): Promise<void> {
  for (const table of ['latency_minutes', 'ledger_minutes'] as const) {
    await transaction
      .deleteFrom(table)
      .where('starts_at', '<', new Date(nowMs - keepMinutesMs))
      .execute()
  }
  for (const table of ['latency_hours', 'ledger_hours'] as const) {
    await transaction
      .deleteFrom(table)
      .where('starts_at', '<', new Date(nowMs - keepHoursMs))
      .execute()
  }
}

/** Sums up half a minute after the start, and every ten minutes. */
export function startRollUps(options: {
  database: Kysely<Schema>
  now: () => number
  log: { warn(fields: object, message: string): void }
}): { close(): Promise<void> } {
  const { database, now, log } = options
  let running: Promise<void> = Promise.resolve()
  const run = (): void => {
    running = rollUp(database, now()).catch((error: unknown) => {
      log.warn({ err: error }, 'what was measured could not be summed up')
    })
  }
  const first = setTimeout(run, 30_000)
  const timer = setInterval(run, 600_000)
  first.unref()
  timer.unref()
  return {
    close: async () => {
      clearTimeout(first)
      clearInterval(timer)
      await running
    },
  }
}

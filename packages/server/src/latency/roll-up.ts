import type { Insertable, Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { LatencyHoursTable } from '../database/latency-tables.ts'
import type { Schema } from '../database/schema.ts'
import { Histogram } from './histogram.ts'
import { histogramToBytes, mergeBytes } from './histogram-bytes.ts'
import { ledgerColumns, parts } from './measurement-store.ts'

const hourMs = 3_600_000

/** Minutes are kept for a day, and the hour in which the day began. */
const keepMinutesMs = 25 * hourMs
const keepHoursMs = 90 * 24 * hourMs

/** An hour is summed again for so long: a process that stood still may bring its minutes late. */
const lateMs = 3 * hourMs

/**
 * A process that cannot write keeps its slices for a quarter of an hour and then gives them up. What was summed later
 * than that has everything; a report reads it in place of the minutes.
 */
export const lastSliceMs: number = 20 * 60_000

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
    for (const hour of await hoursToSum(transaction, nowMs)) {
      await sumHour(transaction, hour)
      await noteSummed(transaction, hour, new Date(nowMs))
    }
    await deleteOld(transaction, nowMs)
  })
}

/** Ended hours with minutes that are not summed for good, found hour by hour in the indexes. */
async function hoursToSum(transaction: Transaction<Schema>, nowMs: number): Promise<Date[]> {
  const present = new Date(Math.floor(nowMs / hourMs) * hourMs)
  const { rows } = await sql<{ hour: Date }>`
    select hour from generate_series(
      date_trunc('hour', least(
        (select min(starts_at) from latency_minutes), (select min(starts_at) from ledger_minutes)
      ), 'UTC'),
      ${present}::timestamptz - interval '1 hour', interval '1 hour'
    ) as hour
    where not exists (
      select from summed_hours
      where starts_at = hour and summed_at >= hour + interval '1 hour' + ${lateMs} * interval '1 millisecond'
    ) and (
      exists (select from latency_minutes where starts_at >= hour and starts_at < hour + interval '1 hour')
      or exists (select from ledger_minutes where starts_at >= hour and starts_at < hour + interval '1 hour')
    )
    order by hour
  `.execute(transaction)
  return rows.map(({ hour }) => hour)
}

async function noteSummed(transaction: Transaction<Schema>, hour: Date, summedAt: Date): Promise<void> {
  await transaction
    .insertInto('summed_hours')
    .values({ starts_at: hour, summed_at: summedAt })
    .onConflict((conflict) => conflict.column('starts_at').doUpdateSet({ summed_at: summedAt }))
    .execute()
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
  const rows = [...sums.values()].map(({ row, histogram }) => ({
    ...row,
    starts_at: hour,
    histogram: Buffer.from(histogramToBytes(histogram)),
  }))
  for (const part of parts(rows)) await writeHours(transaction, part)
  await sumLedgerHour(transaction, hour, end)
}

async function writeHours(
  transaction: Transaction<Schema>,
  rows: Insertable<LatencyHoursTable>[],
): Promise<void> {
  await transaction
    .insertInto('latency_hours')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['starts_at', 'stage', 'route', 'class', 'scope', 'model'])
        .doUpdateSet((eb) => ({ histogram: eb.ref('excluded.histogram') })),
    )
    .execute()
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
  for (const table of ['latency_hours', 'ledger_hours', 'summed_hours'] as const) {
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

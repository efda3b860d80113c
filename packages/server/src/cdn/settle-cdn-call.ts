import type { CdnOutcome } from '@darkroom/edge'
import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type { CdnPurgesTable } from '../database/cdn-schema.ts'
import type { Schema } from '../database/schema.ts'
import type { CdnRow } from './cdn-orders.ts'
import { putRows } from './cdn-orders.ts'
import { giveUpMs, retryDelayMs } from './schedule.ts'

/** A row of a call. */
export type LeasedRow = Pick<CdnPurgesTable, 'cdn' | 'kind' | 'name' | 'soft'> & {
  orders: number
  round: number
  alone: boolean
  ordered_at: Date
}

/** What decides when a CDN is told again. */
export interface SettlingOptions {
  /** 0: nothing is sent twice. */
  repeatMs: number
  now: () => number
  /** In [0, 1). */
  random: () => number
}

/** A call that has ended, and how. */
export interface Settling {
  cdn: string
  rows: readonly LeasedRow[]
  lease: string
  failures: number
  outcome: CdnOutcome
}

/** Writes down what became of a call, in the transaction that ends its lease. */
export async function settleCdnCall(
  transaction: Transaction<Schema>,
  { cdn, rows, lease, failures, outcome }: Settling,
  { now, random, repeatMs }: SettlingOptions,
): Promise<void> {
  const at = now()
  if (outcome.outcome === 'done') {
    const again = repeatMs > 0 ? rows.filter(({ round }) => round === 1) : []
    await forgetFailed(transaction, cdn, rows)
    await putBack(
      transaction,
      lease,
      again.map((row) => ({ ...rowOf(row, at + repeatMs), round: 2 })),
    )
    await endLease(transaction, cdn, { retry_at: null, failures: 0, last_success_at: new Date(at) })
    return
  }
  const told = { last_error: outcome.reason, last_error_at: new Date(at) }
  if (outcome.outcome === 'retry') {
    const old = rows.filter((row) => at - row.ordered_at.getTime() > giveUpMs)
    await bury(transaction, lease, old, { failure: 'given-up', reason: outcome.reason, at })
    await putBack(
      transaction,
      lease,
      rows.filter((row) => !old.includes(row)).map((row) => rowOf(row, at)),
    )
    const delayMs = retryDelayMs(failures + 1, outcome.retryAfterMs, random)
    await endLease(transaction, cdn, { ...told, failures: failures + 1, retry_at: new Date(at + delayMs) })
    return
  }
  if (outcome.outcome === 'refused' && rows.length > 1) {
    // One of them is at fault: each is tried by itself, and the others are not held up by it.
    await putBack(
      transaction,
      lease,
      rows.map((row) => ({ ...rowOf(row, at), alone: true })),
    )
  } else {
    await bury(transaction, lease, rows, { failure: outcome.outcome, reason: outcome.reason, at })
    // With a wrong key nothing else will be taken either: one call finds that out, not one for each.
    if (outcome.outcome === 'unauthorized') await buryWaiting(transaction, cdn, outcome.reason, at)
  }
  await endLease(transaction, cdn, { ...told, retry_at: null, failures: 0 })
}

/** What a row says, due at that time. */
export function rowOf(row: LeasedRow, dueAt: number): CdnRow {
  const { cdn, kind, name, soft, orders, round, alone, ordered_at: orderedAt } = row
  return { cdn, kind, name, soft, orders, round, alone, orderedAt, dueAt: new Date(dueAt) }
}

/** Ends the rows of a call, and adds these to what waits: equal ones that were ordered meanwhile are one with them. */
export async function putBack(
  transaction: Transaction<Schema>,
  lease: string,
  rows: readonly CdnRow[],
): Promise<void> {
  await transaction
    .deleteFrom('cdn_purges')
    .where('lease', '=', lease)
    .where('status', '=', 'pending')
    .execute()
  await putRows(transaction, rows)
}

/** Makes rows of a call dead letters. */
async function bury(
  transaction: Transaction<Schema>,
  lease: string,
  rows: readonly LeasedRow[],
  { failure, reason, at }: { failure: 'unauthorized' | 'refused' | 'given-up'; reason: string; at: number },
): Promise<void> {
  if (rows.length === 0) return
  await forgetFailed(transaction, rows[0]?.cdn ?? '', rows)
  await transaction
    .updateTable('cdn_purges')
    .set({ status: 'failed', failure, reason, failed_at: new Date(at), lease: null })
    .where('lease', '=', lease)
    .where(
      'name',
      'in',
      rows.map(({ name }) => name),
    )
    .execute()
}

async function buryWaiting(
  transaction: Transaction<Schema>,
  cdn: string,
  reason: string,
  at: number,
): Promise<void> {
  await transaction
    .updateTable('cdn_purges')
    .set({ status: 'failed', failure: 'unauthorized', reason, failed_at: new Date(at) })
    .where('cdn', '=', cdn)
    .where('status', '=', 'pending')
    .where('lease', 'is', null)
    .execute()
}

/** What has been purged now is no dead letter any more, whatever it was. A hard purge does what a soft one would. */
async function forgetFailed(
  transaction: Transaction<Schema>,
  cdn: string,
  rows: readonly LeasedRow[],
): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  await transaction
    .deleteFrom('cdn_purges')
    .where('cdn', '=', cdn)
    .where('status', '=', 'failed')
    .$if(first.kind === 'tag', (query) =>
      query.where('kind', '=', 'tag').where(
        'name',
        'in',
        rows.map(({ name }) => name),
      ),
    )
    .$if(first.soft, (query) => query.where('soft', '=', true))
    .execute()
}

type StateValues = Partial<{
  retry_at: Date | null
  failures: number
  last_success_at: Date
  last_error: string
  last_error_at: Date
}>

/** Lets other calls to that CDN begin. With values, it was called. */
export async function endLease(
  transaction: Transaction<Schema>,
  cdn: string,
  values: StateValues,
): Promise<void> {
  const called = Object.keys(values).length > 0
  await transaction
    .updateTable('cdn_states')
    .set({ ...values, lease: null, worker_id: null })
    .$if(called, (query) => query.set({ calls: sql<string>`calls + 1` }))
    .where('cdn', '=', cdn)
    .execute()
}

import type { CdnOutcome } from '@darkroom/edge'
import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import { hash, randomUUID } from 'node:crypto'
import { whenDatabaseIsBack } from '../database/database-retry.ts'
import type { Schema } from '../database/schema.ts'
import { putRows } from './cdn-orders.ts'
import { endOldPurges, reviveFailed } from './dead-letters.ts'
import type { LeasedRow, SettlingOptions } from './settle-cdn-call.ts'
import { endLease, putBack, rowOf, settleCdnCall } from './settle-cdn-call.ts'

/** One call that this process may make: nobody else calls that CDN while it has the lease. */
export interface CdnCall {
  readonly cdn: string
  readonly kind: 'tag' | 'everything'
  readonly names: readonly string[]
  readonly soft: boolean
  /** The same for the same names and orders, and for no others. */
  readonly reference: string
  /** Writes down what became of it, and what comes next. @returns false when the lease was lost: nothing is written */
  record(outcome: CdnOutcome): Promise<boolean>
  /** Gives all back as it was. */
  release(): Promise<void>
}

/** What is sent to CDNs, as the processes that send share it. */
export interface CdnCalls {
  /** The next call to a CDN, of at most so many tags. `undefined`: nothing is due, or another process calls it. */
  take(cdn: string, maxTags: number): Promise<CdnCall | undefined>
  /** Processes that are calling, dead or alive. */
  holders(): Promise<number[]>
  /** Frees what a dead process held. @returns how many calls that were */
  recover(workerId: number): Promise<number>
  /**
   * Frees what this process holds and does not send, after the database was away for too long, and what came with an
   * imported database. Ends what nobody will send any more.
   */
  cleanUp(sending: readonly string[], configured: readonly string[]): Promise<number>
  /** Tries again what was refused for its key: with a start there may be another. @returns how many names */
  reviveUnauthorized(cdns: readonly string[]): Promise<number>
}

export interface CdnCallsOptions extends SettlingOptions {
  database: Kysely<Schema>
  workerId: number
}

export function createCdnCalls(options: CdnCallsOptions): CdnCalls {
  const { database, workerId } = options
  return {
    take: (cdn, maxTags) => take(cdn, maxTags, options),
    holders: async () => {
      const rows = await database
        .selectFrom('cdn_states')
        .select('worker_id')
        .distinct()
        .where('lease', 'is not', null)
        .execute()
      return rows.flatMap((row) => (row.worker_id === null ? [] : [row.worker_id]))
    },
    recover: (deadId) => freeLeases(database, deadId, []),
    cleanUp: async (sending, configured) => {
      await endOldPurges(database, configured, options.now())
      return (await freeLeases(database, workerId, sending)) + (await freeOrphans(database))
    },
    reviveUnauthorized: (cdns) => reviveFailed(database, { cdns, failure: 'unauthorized' }, options.now()),
  }
}

async function take(cdn: string, maxTags: number, options: CdnCallsOptions): Promise<CdnCall | undefined> {
  const { database, workerId } = options
  const lease = randomUUID()
  const at = new Date(options.now())
  return await database.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('cdn_states')
      .values({ cdn, worker_id: null, lease: null, last_error: null })
      .onConflict((conflict) => conflict.column('cdn').doNothing())
      .execute()
    const state = await transaction
      .selectFrom('cdn_states')
      .select('failures')
      .where('cdn', '=', cdn)
      .where('lease', 'is', null)
      .where((eb) => eb.or([eb('retry_at', 'is', null), eb('retry_at', '<=', at)]))
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (state === undefined) return undefined
    const rows = await leaseRows(transaction, { cdn, maxTags, lease, at })
    if (rows.length === 0) return undefined
    await transaction
      .updateTable('cdn_states')
      .set({ lease, worker_id: workerId })
      .where('cdn', '=', cdn)
      .execute()
    return callOf(cdn, rows, { lease, failures: state.failures }, options)
  })
}

/** The longest ordered, and what may go with it. */
async function leaseRows(
  transaction: Transaction<Schema>,
  { cdn, maxTags, lease, at }: { cdn: string; maxTags: number; lease: string; at: Date },
): Promise<LeasedRow[]> {
  const due = transaction
    .selectFrom('cdn_purges')
    .where('cdn', '=', cdn)
    .where('status', '=', 'pending')
    .where('lease', 'is', null)
    .where('due_at', '<=', at)
  const first = await due
    .select(['kind', 'soft', 'alone'])
    // What was refused comes last: it must not hold up what will be taken.
    .orderBy('alone')
    .orderBy('ordered_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  if (first === undefined) return []
  return await transaction
    .updateTable('cdn_purges')
    .set({ lease })
    .where('id', 'in', () =>
      due
        .select('id')
        .where('kind', '=', first.kind)
        .where('soft', '=', first.soft)
        .where('alone', '=', first.alone)
        .orderBy('ordered_at')
        .orderBy('id')
        .limit(first.alone || first.kind === 'everything' ? 1 : maxTags)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['cdn', 'kind', 'name', 'soft', 'orders', 'round', 'alone', 'ordered_at'])
    .execute()
}

function callOf(
  cdn: string,
  unsorted: readonly LeasedRow[],
  held: { lease: string; failures: number },
  options: CdnCallsOptions,
): CdnCall | undefined {
  const rows = unsorted.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const [first] = rows
  if (first === undefined) return undefined
  const { database, now } = options
  const said = rows.map(({ name, ordered_at, orders, round }) => [name, ordered_at.getTime(), orders, round])
  return {
    cdn,
    kind: first.kind,
    names: rows.map(({ name }) => name),
    soft: first.soft,
    reference: hash('sha256', JSON.stringify([first.kind, first.soft, said]), 'hex'),
    record: async (outcome) =>
      await whenDatabaseIsBack(
        async () =>
          await database.transaction().execute(async (transaction) => {
            if (!(await holds(transaction, cdn, held.lease))) return false
            await settleCdnCall(transaction, { cdn, rows, outcome, ...held }, options)
            return true
          }),
      ),
    release: async () => {
      await whenDatabaseIsBack(
        async () =>
          await database.transaction().execute(async (transaction) => {
            if (!(await holds(transaction, cdn, held.lease))) return
            await putBack(
              transaction,
              held.lease,
              rows.map((row) => rowOf(row, now())),
            )
            await endLease(transaction, cdn, {})
          }),
      )
    },
  }
}

async function holds(transaction: Transaction<Schema>, cdn: string, lease: string): Promise<boolean> {
  const row = await transaction
    .selectFrom('cdn_states')
    .select('cdn')
    .where('cdn', '=', cdn)
    .where('lease', '=', lease)
    .forUpdate()
    .executeTakeFirst()
  return row !== undefined
}

async function freeLeases(
  database: Kysely<Schema>,
  workerId: number,
  except: readonly string[],
): Promise<number> {
  return await database.transaction().execute(async (transaction) => {
    const states = await transaction
      .updateTable('cdn_states')
      .set({ lease: null, worker_id: null })
      .where('worker_id', '=', workerId)
      .where('lease', 'is not', null)
      .where(sql<boolean>`cdn <> all(${[...except]})`)
      .returning('cdn')
      .execute()
    if (states.length > 0) await freeOrphanRows(transaction)
    return states.length
  })
}

async function freeOrphans(database: Kysely<Schema>): Promise<number> {
  return await database.transaction().execute(async (transaction) => await freeOrphanRows(transaction))
}

/** Rows of calls that nobody holds wait again. A call takes its lease and its rows at once. */
async function freeOrphanRows(transaction: Transaction<Schema>): Promise<number> {
  const rows = await transaction
    .deleteFrom('cdn_purges')
    .where('status', '=', 'pending')
    .where('lease', 'is not', null)
    .where(sql<boolean>`lease not in (select lease from cdn_states where lease is not null)`)
    .returning(['cdn', 'kind', 'name', 'soft', 'orders', 'round', 'alone', 'ordered_at', 'due_at'])
    .execute()
  await putRows(
    transaction,
    rows.map((row) => rowOf(row, row.due_at.getTime())),
  )
  return rows.length
}

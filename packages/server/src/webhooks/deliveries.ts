import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import { whenDatabaseIsBack } from '../database/database-retry.ts'
import type { Schema } from '../database/schema.ts'
import type { Attempt } from './attempt.ts'
import { retryDelayMs } from './schedule.ts'
import type { PendingWebhook, WebhookRow } from './webhook-row.ts'

/** A message that this process may send now: nobody else does while it has the lease. */
export interface LeasedWebhook {
  readonly webhook: PendingWebhook
  /** Writes the attempt down and says what comes next. @returns false when the lease was lost: nothing is written */
  record(attempt: Attempt, times: { startedAt: number; endedAt: number }): Promise<boolean>
  /** Gives the message back unsent; it is due again at that time. */
  release(dueAt: number): Promise<void>
}

/** The messages to be sent, as the processes that send them share them. */
export interface Deliveries {
  /** Due messages nobody sends yet, the longest due first; those to `exceptOrigins` are left out. */
  due(exceptOrigins: readonly string[], limit: number): Promise<{ id: string; origin: string }[]>
  /** Takes those of them that nobody else has taken meanwhile. */
  take(ids: readonly string[]): Promise<LeasedWebhook[]>
  /** Workers that are sending, dead or alive. */
  holders(): Promise<number[]>
  /** Frees what a dead worker was sending. @returns how many messages that were */
  recover(workerId: number): Promise<number>
  /**
   * Frees what this worker holds and does not send, after the database was away for too long.
   * @param isSending whether it sends that message, or is about to take it
   */
  recoverOwn(isSending: (id: string) => boolean): Promise<number>
  /** Deletes messages, with their attempts, that ended longer ago than they are kept. @returns how many */
  deleteOld(): Promise<number>
}

export interface DeliveriesOptions {
  database: Kysely<Schema>
  workerId: number
  keepMs: number
  now: () => number
  /** In [0, 1). */
  random: () => number
}

export function createDeliveries(options: DeliveriesOptions): Deliveries {
  const { database, workerId, now } = options
  return {
    due: async (exceptOrigins, limit) =>
      await database
        .selectFrom('webhooks')
        .select(['id', 'origin'])
        .where('status', '=', 'pending')
        .where('lease', 'is', null)
        .where('next_attempt_at', '<=', new Date(now()))
        .where(sql<boolean>`origin <> all(${[...exceptOrigins]})`)
        .orderBy('next_attempt_at')
        .limit(limit)
        .execute(),
    take: (ids) => take(ids, options),
    holders: async () => {
      const rows = await database
        .selectFrom('webhooks')
        .select('worker_id')
        .distinct()
        .where('lease', 'is not', null)
        .execute()
      return rows.flatMap((row) => (row.worker_id === null ? [] : [row.worker_id]))
    },
    recover: (deadId) => freeLeases(database, deadId),
    recoverOwn: (isSending) => freeLost(database, workerId, isSending),
    deleteOld: async () => {
      const { numDeletedRows } = await database
        .deleteFrom('webhooks')
        .where('ended_at', '<', new Date(now() - options.keepMs))
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}

async function freeLeases(database: Kysely<Schema>, workerId: number): Promise<number> {
  const { numUpdatedRows } = await database
    .updateTable('webhooks')
    .set({ lease: null, worker_id: null })
    .where('worker_id', '=', workerId)
    .where('lease', 'is not', null)
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

/** Asked after the first look and with the lease that it saw: what has been taken meanwhile is not lost. */
async function freeLost(
  database: Kysely<Schema>,
  workerId: number,
  isSending: (id: string) => boolean,
): Promise<number> {
  const held = await database
    .selectFrom('webhooks')
    .select(['id', 'lease'])
    .where('worker_id', '=', workerId)
    .where('lease', 'is not', null)
    .execute()
  const lost = held.filter(({ id }) => !isSending(id))
  if (lost.length === 0) return 0
  const { numUpdatedRows } = await database
    .updateTable('webhooks')
    .set({ lease: null, worker_id: null })
    .where((eb) => eb.or(lost.map(({ id, lease }) => eb.and([eb('id', '=', id), eb('lease', '=', lease)]))))
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

async function take(ids: readonly string[], options: DeliveriesOptions): Promise<LeasedWebhook[]> {
  if (ids.length === 0) return []
  const lease = randomUUID()
  const rows = await options.database
    .updateTable('webhooks')
    .set({ lease, worker_id: options.workerId })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('webhooks')
        .select('id')
        .where('id', 'in', ids)
        .where('status', '=', 'pending')
        .where('lease', 'is', null)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .execute()
  return rows.map((row) => leasedWebhook(row, lease, options))
}

function leasedWebhook(row: WebhookRow, lease: string, options: DeliveriesOptions): LeasedWebhook {
  const { type, data, happened_at } = row
  if (type === null || data === null || happened_at === null)
    throw new Error('an event without content is due')
  const webhook: PendingWebhook = { ...row, type, data, happened_at }
  const { database } = options
  return {
    webhook,
    record: async (attempt, { startedAt, endedAt }) =>
      await whenDatabaseIsBack(
        async () =>
          await database.transaction().execute(async (transaction) => {
            const values = valuesAfter(attempt, webhook, endedAt, options.random)
            if (!(await endLease(transaction, webhook.id, lease, values))) return false
            await transaction
              .insertInto('webhook_attempts')
              .values({
                webhook_id: webhook.id,
                number: webhook.attempts + 1,
                at: new Date(startedAt),
                duration_ms: Math.max(0, Math.round(endedAt - startedAt)),
                status: attempt.status ?? null,
                code: attempt.code ?? null,
                reason: attempt.reason,
              })
              .execute()
            await noteReceiver(transaction, webhook, attempt, new Date(endedAt))
            return true
          }),
      ),
    release: async (dueAt) => {
      await whenDatabaseIsBack(() =>
        endLease(database, webhook.id, lease, { next_attempt_at: new Date(dueAt) }),
      )
    },
  }
}

type EndValues = Partial<Pick<WebhookRow, 'status' | 'tries' | 'attempts' | 'next_attempt_at' | 'ended_at'>>

async function endLease(
  database: Pick<Kysely<Schema>, 'updateTable'>,
  id: string,
  lease: string,
  values: EndValues,
): Promise<boolean> {
  const row = await database
    .updateTable('webhooks')
    .set({ ...values, lease: null, worker_id: null })
    .where('id', '=', id)
    .where('lease', '=', lease)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

function valuesAfter(
  attempt: Attempt,
  { tries, attempts }: PendingWebhook,
  endedAt: number,
  random: () => number,
): EndValues {
  const counted = { tries: tries + 1, attempts: attempts + 1 }
  const ended = { ...counted, next_attempt_at: null, ended_at: new Date(endedAt) }
  if (attempt.outcome === 'delivered') return { ...ended, status: 'delivered' }
  if (attempt.outcome === 'gone') return { ...ended, status: 'gone' }
  const delayMs =
    attempt.outcome === 'hopeless' ? undefined : retryDelayMs(tries + 1, attempt.retryAfterMs, random)
  if (delayMs === undefined) return { ...ended, status: 'failed' }
  return { ...counted, next_attempt_at: new Date(endedAt + delayMs) }
}

/** A 410 ends all that is still to go to that URL; a success there ends the 410. */
async function noteReceiver(
  transaction: Transaction<Schema>,
  { project, url }: PendingWebhook,
  { outcome }: Attempt,
  at: Date,
): Promise<void> {
  if (outcome === 'delivered') {
    await transaction
      .deleteFrom('webhooks_gone')
      .where('project', '=', project)
      .where('url', '=', url)
      .execute()
  }
  if (outcome !== 'gone') return
  await transaction
    .insertInto('webhooks_gone')
    .values({ project, url, since: at })
    .onConflict((conflict) => conflict.columns(['project', 'url']).doNothing())
    .execute()
  // Those that another attempt holds end by its answer; those that wait, when they are sent off.
  await transaction
    .updateTable('webhooks')
    .set({ status: 'gone', next_attempt_at: null, ended_at: at })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('webhooks')
        .select('id')
        .where('project', '=', project)
        .where('url', '=', url)
        .where('status', '=', 'pending')
        .where('lease', 'is', null)
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}

import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { WebhookAsk } from '../request/webhook-field.ts'
import { holdWaiting, orderWebhook, sendOff } from '../webhooks/outbox.ts'
import type { GenerationRow } from './generation-row.ts'
import { isSettled } from './generation-row.ts'
import { withGenerations } from './record.ts'

/**
 * Tells the receivers of all requests that have ended with these generations, in the transaction that settled them.
 * Called once a transaction and last: it locks what other settlements of the same requests lock.
 */
export async function tellWebhooks(
  transaction: Transaction<Schema>,
  generationIds: readonly string[],
  at: Date,
): Promise<void> {
  if (generationIds.length === 0) return
  const waiting = await transaction
    .selectFrom('request_images')
    .innerJoin('webhooks', 'webhooks.subject', 'request_images.request_id')
    .select('webhooks.subject')
    .distinct()
    .where('request_images.generation_id', 'in', generationIds)
    .where('webhooks.status', '=', 'waiting')
    .execute()
  await tellOfRequests(
    transaction,
    waiting.map(({ subject }) => subject),
    at,
  )
}

/** Tells the receivers of those of these requests that have ended. */
export async function tellOfRequests(
  transaction: Transaction<Schema>,
  requestIds: readonly string[],
  at: Date,
): Promise<void> {
  // Two pictures of one request may settle at once: who comes second to the lock sees what the first has settled.
  const held = await holdWaiting(transaction, requestIds)
  if (held.length === 0) return
  const requests = await transaction.selectFrom('requests').selectAll().where('id', 'in', held).execute()
  for (const { record } of await withGenerations(transaction, requests)) {
    if (!isSettled(record.status)) continue
    await sendOff(transaction, record.id, { type: `generation.${record.status}`, data: record, at })
  }
}

/** At most this many at a time, so that no transaction holds thousands of rows. */
const maxForgotten = 100

/**
 * Tells the receivers of requests that have ended without anybody being told: a worker of a release that knew nothing
 * of webhooks settled them, in the middle of an upgrade. @returns how many requests that were
 */
export async function tellOfForgotten(database: Kysely<Schema>, at: Date): Promise<number> {
  return await database.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('webhooks')
      .innerJoin('requests', 'requests.id', 'webhooks.subject')
      .select('requests.id')
      .distinct()
      .where('webhooks.status', '=', 'waiting')
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('request_images')
              .innerJoin('generations', 'generations.id', 'request_images.generation_id')
              .select('generations.id')
              .whereRef('request_images.request_id', '=', 'requests.id')
              .where('generations.status', 'in', ['queued', 'running']),
          ),
        ),
      )
      .limit(maxForgotten)
      .execute()
    await tellOfRequests(
      transaction,
      rows.map(({ id }) => id),
      at,
    )
    return rows.length
  })
}

/**
 * Writes down that the end of a request is to be told, in the transaction that accepts it. A generation that it has
 * joined cannot settle unseen in between: it is held until the commit, and if it has settled before, it is told now.
 */
export async function orderRequestWebhook(
  transaction: Transaction<Schema>,
  request: { id: string; project: string; scope: string },
  webhook: WebhookAsk,
  generations: readonly GenerationRow[],
  at: Date,
): Promise<void> {
  const ids = [...new Set(generations.map(({ id }) => id))]
  const rows = await transaction
    .selectFrom('generations')
    .select(['id', 'status'])
    .where('id', 'in', ids)
    // The order in which `arm` takes them.
    .orderBy(sql`key collate "C"`)
    .forShare()
    .execute()
  const { url, secret } = webhook
  await orderWebhook(transaction, {
    project: request.project,
    scope: request.scope,
    subject: request.id,
    url,
    secret,
  })
  if (rows.every(({ status }) => isSettled(status))) await tellOfRequests(transaction, [request.id], at)
}

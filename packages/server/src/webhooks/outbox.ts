import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import { randomBytes } from 'node:crypto'
import type { Schema } from '../database/schema.ts'
import { pendingValues } from './webhook-row.ts'

/** Tells all processes that a message is to be sent. */
export const webhookChannel = 'darkroom_webhook'

/** What a message will be about, and where it goes. */
export interface WebhookOrder {
  project: string
  scope: string
  /** The request or carousel. */
  subject: string
  url: string
  /** `undefined`: the project's secret. */
  secret: string | undefined
}

/** The end of a request or carousel, as its receivers are told it. */
export interface WebhookEvent {
  /** `generation.stored`. */
  type: string
  /** The public record, with relative URLs. */
  data: object
  at: Date
}

/** Writes down, in the transaction that accepts the work, that its end is to be told. */
export async function orderWebhook(transaction: Transaction<Schema>, order: WebhookOrder): Promise<void> {
  await transaction
    .insertInto('webhooks')
    .values({
      id: newWebhookId(),
      project: order.project,
      scope: order.scope,
      subject: order.subject,
      url: order.url,
      origin: new URL(order.url).origin,
      secret: order.secret ?? null,
      status: 'waiting',
    })
    .execute()
}

function newWebhookId(): string {
  return `msg_${randomBytes(16).toString('base64url')}`
}

/**
 * Holds the messages that wait for one of these to end, until the transaction does. In one order for all, so that two
 * transactions do not wait for each other; what is read after this is the last word of those that held them before.
 * @returns what is waited for, without repeats
 */
export async function holdWaiting(
  transaction: Transaction<Schema>,
  subjects: readonly string[],
): Promise<string[]> {
  if (subjects.length === 0) return []
  const rows = await transaction
    .selectFrom('webhooks')
    .select('subject')
    .where('subject', 'in', subjects)
    .where('status', '=', 'waiting')
    .orderBy(sql`id collate "C"`)
    .forUpdate()
    .execute()
  return [...new Set(rows.map(({ subject }) => subject))]
}

/**
 * Sends off the messages about a request or carousel that has ended, in the transaction that ends it: they are sent if
 * and only if it has. To a URL that wants no more (410) nothing is sent.
 */
export async function sendOff(
  transaction: Transaction<Schema>,
  subject: string,
  { type, data, at }: WebhookEvent,
): Promise<void> {
  const sent = await transaction
    .updateTable('webhooks')
    .set({
      ...pendingValues(at),
      type,
      data: JSON.stringify(data),
      happened_at: at,
      status: sql<'gone' | 'pending'>`case when ${isGone} then 'gone' else 'pending' end`,
      ended_at: sql<Date | null>`case when ${isGone} then ${at}::timestamptz end`,
    })
    .where('subject', '=', subject)
    .where('status', '=', 'waiting')
    .returning('id')
    .execute()
  if (sent.length > 0) await wakeDeliverers(transaction)
}

const isGone = sql<boolean>`exists (
  select from webhooks_gone as gone where gone.project = webhooks.project and gone.url = webhooks.url
)`

/** When the transaction commits, and only then. */
export async function wakeDeliverers(transaction: Transaction<Schema>): Promise<void> {
  await sql`select pg_notify(${webhookChannel}, '')`.execute(transaction)
}

/**
 * A request or carousel that had ended is worked on again: its next end is told too, to the same receivers, as messages
 * of their own.
 */
export async function reorderWebhooks(transaction: Transaction<Schema>, subject: string): Promise<void> {
  const rows = await transaction
    .selectFrom('webhooks')
    .select(['project', 'scope', 'url', 'secret', 'status'])
    .distinct()
    .where('subject', '=', subject)
    .execute()
  const key = (row: { url: string; secret: string | null }): string => JSON.stringify([row.url, row.secret])
  const waiting = new Set(rows.filter(({ status }) => status === 'waiting').map(key))
  for (const row of new Map(rows.map((each) => [key(each), each])).values()) {
    if (waiting.has(key(row))) continue
    await orderWebhook(transaction, { ...row, subject, secret: row.secret ?? undefined })
  }
}

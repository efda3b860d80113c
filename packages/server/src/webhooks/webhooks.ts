import type { Outbound } from '@darkroom/outbound'
import { OutboundError } from '@darkroom/outbound'
import type { Kysely } from 'kysely'
import type { PageCursor } from '../database/newest-first.ts'
import { decodeCursor, readPage } from '../database/newest-first.ts'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import { wakeDeliverers } from './outbox.ts'
import type { WebhookAttemptRow, WebhookRow, WebhookStatus } from './webhook-row.ts'
import { pendingValues } from './webhook-row.ts'
import type { WebhookSecret, WebhookSecrets } from './webhook-secrets.ts'

/** Messages to receivers, as the gateway shows them. */
export interface Webhooks {
  /** What can be refused of a URL before anything is accepted. @throws DarkroomError webhook_forbidden */
  check(url: string): void
  list(query: WebhookListQuery): Promise<WebhookPage>
  /** @throws DarkroomError not_found */
  read(project: string, id: string): Promise<WebhookWithAttempts>
  /**
   * Sends a message again, under the same id, with a whole schedule of attempts.
   * @throws DarkroomError not_found, not_settled (what it is about has not ended)
   */
  redeliver(project: string, id: string): Promise<WebhookWithAttempts>
  secret(project: string): Promise<WebhookSecret>
  rotateSecret(project: string): Promise<WebhookSecret>
}

export interface WebhookWithAttempts {
  webhook: WebhookRow
  /** Oldest first. */
  attempts: WebhookAttemptRow[]
}

export interface WebhookListQuery {
  project: string
  /** Only messages of these scopes; `undefined`: of all. */
  scopes: readonly string[] | undefined
  status: WebhookStatus | undefined
  /** Only messages about this request or carousel. */
  subject: string | undefined
  limit: number
  cursor: string | undefined
}

export interface WebhookPage {
  items: WebhookRow[]
  nextCursor: string | null
}

export interface WebhooksOptions {
  database: Kysely<Schema>
  outbound: Pick<Outbound, 'check'>
  secrets: WebhookSecrets
  now: () => number
}

export function createWebhooks(options: WebhooksOptions): Webhooks {
  const { database, secrets } = options
  return {
    check: (url) => checkUrl(url, options.outbound),
    list: (query) => list(database, query),
    read: (project, id) => read(database, project, id),
    redeliver: async (project, id) => {
      await redeliver(options, project, id)
      return await read(database, project, id)
    },
    secret: (project) => secrets.read(project),
    rotateSecret: (project) => secrets.rotate(project),
  }
}

function checkUrl(url: string, outbound: Pick<Outbound, 'check'>): void {
  try {
    outbound.check(url)
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    if (error.code === 'CLOSED') {
      throw new DarkroomError('shutting_down', 'The server is shutting down; ask again in a moment.', {
        retryAfterS: 2,
      })
    }
    throw new DarkroomError('webhook_forbidden', error.message, { param: 'webhook', cause: error })
  }
}

async function list(database: Kysely<Schema>, query: WebhookListQuery): Promise<WebhookPage> {
  let rows = database.selectFrom('webhooks').selectAll().where('project', '=', query.project)
  if (query.scopes !== undefined) rows = rows.where('scope', 'in', [...query.scopes])
  if (query.status !== undefined) rows = rows.where('status', '=', query.status)
  if (query.subject !== undefined) rows = rows.where('subject', '=', query.subject)
  const after = query.cursor === undefined ? undefined : decodeWebhookCursor(query.cursor)
  const { rows: items, nextCursor } = await readPage(rows, { limit: query.limit, after })
  return { items, nextCursor }
}

/** The row a cursor names; `undefined` when the text is no cursor of ours. */
export function decodeWebhookCursor(text: string): PageCursor | undefined {
  return decodeCursor(text, 'msg_')
}

/** @throws DarkroomError not_found, also for a message of another project */
async function read(database: Kysely<Schema>, project: string, id: string): Promise<WebhookWithAttempts> {
  // What has not the form of an id may have bytes that the database refuses.
  const webhook = /^msg_[A-Za-z0-9_-]{22}$/u.test(id)
    ? await database
        .selectFrom('webhooks')
        .selectAll()
        .where('id', '=', id)
        .where('project', '=', project)
        .executeTakeFirst()
    : undefined
  if (webhook === undefined) throw new DarkroomError('not_found', 'There is no such webhook message.')
  const attempts = await database
    .selectFrom('webhook_attempts')
    .selectAll()
    .where('webhook_id', '=', id)
    .orderBy('number')
    .execute()
  return { webhook, attempts }
}

async function redeliver({ database, now }: WebhooksOptions, project: string, id: string): Promise<void> {
  const { webhook } = await read(database, project, id)
  if (webhook.status === 'waiting') {
    throw new DarkroomError(
      'not_settled',
      'What this message is about has not ended; it is sent when it has.',
    )
  }
  await database.transaction().execute(async (transaction) => {
    // One that is being sent at this moment has its attempt already; the schedule begins anew all the same.
    await transaction
      .updateTable('webhooks')
      .set(pendingValues(new Date(now())))
      .where('id', '=', id)
      .where('status', '<>', 'waiting')
      .execute()
    await wakeDeliverers(transaction)
  })
}

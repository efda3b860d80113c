import type { LedgerWriter } from '@darkroom/once'
import type { Kysely, Selectable, Transaction } from 'kysely'
import { randomBytes } from 'node:crypto'
import type { Priority, RequestsTable, Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import type { WebhookAsk } from '../request/webhook-field.ts'
import { generationKey } from '../request/picture-spec.ts'
import type { Armed } from './arm.ts'
import { arm } from './arm.ts'
import { requestColumns } from './generation-columns.ts'
import type { GenerationRow } from './generation-row.ts'
import { isStored } from './generation-row.ts'
import type { IdempotencyClaim } from './idempotency.ts'
import { claimIdempotencyKey } from './idempotency.ts'
import { noteShared } from './note-shared.ts'
import type { Line, PlaceInLine } from './line.ts'
import type { RequestWithGenerations } from './record.ts'
import { withRecord } from './record.ts'
import { orderRequestWebhook } from './tell-webhooks.ts'

/** One ask as it is recorded: who, under which name, and the pictures it comes to. */
export interface RequestAsk {
  project: string
  scope: string
  source: RequestsTable['source']
  prompt: string
  /** As it was asked for, or `default`. */
  model: string
  tags: readonly string[]
  priority: Priority
  /** Picture i of the request. */
  pictures: readonly PictureSpec[]
  idempotency?: { owner: string; key: string; fingerprint: string } | undefined
  /** Who is told when every picture has settled. */
  webhook?: WebhookAsk | undefined
  /** The trace that it belongs to (W3C Trace Context); workers go on with it. */
  traceparent?: string | undefined
}

export interface AcceptContext {
  database: Kysely<Schema>
  queue: JobQueue
  secret: string
  line: Line
  now: () => number
  budget: GenerationBudget
  /** Counts pictures that are there or on their way. */
  ledger?: LedgerWriter | undefined
}

/** What a request's new generations are paid from; `access/budget.ts` has the real one. */
export interface GenerationBudget {
  /**
   * Called in the transaction that started them, after all of them; joined ones are not among them.
   * @throws DarkroomError to refuse: then nothing was started
   */
  charge(
    transaction: Transaction<Schema>,
    scope: { project: string; scope: string },
    started: readonly GenerationRow[],
  ): Promise<void>
}

export type Accepted =
  | {
      kind: 'accepted'
      request: RequestWithGenerations
      /** The ids of the generations that this request began; the others were there, or on their way. */
      started: ReadonlySet<string>
    }
  /** The idempotency key was used before: nothing was done, this is what it did then. */
  | { kind: 'replayed'; requestId: string }

/**
 * Accepts a request: its row, its generations and their jobs in one transaction. Once this resolves, the work is
 * done whatever dies.
 * @throws DarkroomError idempotency_conflict, idempotency_mismatch, queue_full, and what the budget refuses with
 */
export async function acceptRequest(
  ask: RequestAsk,
  context: AcceptContext,
  /** Runs first, in the same transaction. */
  before: (transaction: Transaction<Schema>) => Promise<void> = async () => {},
): Promise<Accepted> {
  let place: PlaceInLine | undefined
  try {
    return await context.database.transaction().execute(async (transaction) => {
      await before(transaction)
      const id = newRequestId()
      if (ask.idempotency !== undefined) {
        const claim: IdempotencyClaim = await claimIdempotencyKey(transaction, {
          ...ask.idempotency,
          requestId: id,
        })
        if (claim.kind === 'used') return { kind: 'replayed', requestId: claim.requestId }
      }
      place = await context.line.look(transaction, ask)
      return { kind: 'accepted', ...(await acceptAt(place, transaction, ask, context, id)) }
    })
  } finally {
    place?.release()
  }
}

/**
 * Accepts a request within a transaction that does more, without an idempotency key.
 * @throws DarkroomError queue_full
 */
export async function acceptIn(
  transaction: Transaction<Schema>,
  ask: RequestAsk,
  context: AcceptContext,
): Promise<RequestWithGenerations> {
  const place = await context.line.look(transaction, ask)
  try {
    return (await acceptAt(place, transaction, ask, context, newRequestId())).request
  } finally {
    place.release()
  }
}

async function acceptAt(
  place: PlaceInLine,
  transaction: Transaction<Schema>,
  ask: RequestAsk,
  context: AcceptContext,
  id: string,
): Promise<{ request: RequestWithGenerations; started: ReadonlySet<string> }> {
  const { generations, started } = await armAll(place, ask, transaction, context)
  const request = await insertRequest(ask, id, generations, transaction)
  if (ask.webhook !== undefined) {
    await orderRequestWebhook(transaction, request, ask.webhook, generations, new Date(context.now()))
  }
  return { request: withRecord(request, generations), started }
}

function newRequestId(): string {
  return `req_${randomBytes(16).toString('base64url')}`
}

/** Arms every picture, in the order of the keys so that two requests never wait for each other. */
async function armAll(
  place: PlaceInLine,
  ask: RequestAsk,
  transaction: Transaction<Schema>,
  context: AcceptContext,
): Promise<{ generations: GenerationRow[]; started: ReadonlySet<string> }> {
  const byKey = new Map<string, Armed>()
  const keys = ask.pictures.map((spec) => ({ spec, key: generationKey(spec) }))
  for (const { spec, key } of keys.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    if (byKey.has(key)) continue
    byKey.set(
      key,
      await arm(spec, {
        transaction,
        queue: context.queue,
        secret: context.secret,
        priority: ask.priority,
        project: ask.project,
        scope: ask.scope,
        traceparent: ask.traceparent,
        isFull: () => place.isFull(),
        nextTurn: () => place.next(),
        giveBackTurn: (turn) => place.giveBack(turn),
        now: context.now,
      }),
    )
  }
  const started = [...byKey.values()].filter(({ how }) => how === 'started').map(({ row }) => row)
  if (started.length > 0) await context.budget.charge(transaction, ask, started)
  for (const { row, how } of byKey.values()) {
    if (how === 'joined' && row.status !== 'failed') {
      noteShared(context.ledger, row, isStored(row) ? 'cached' : 'joined')
    }
  }
  const generations = keys.map(({ key }) => {
    const armed = byKey.get(key)
    if (armed === undefined) throw new Error('a picture of the request was not armed')
    return armed.row
  })
  return { generations, started: new Set(started.map((row) => row.id)) }
}

async function insertRequest(
  ask: RequestAsk,
  id: string,
  generations: readonly GenerationRow[],
  transaction: Transaction<Schema>,
): Promise<Selectable<RequestsTable>> {
  // One round trip for both tables: this is the path that a caller waits on.
  return await transaction
    .with('request', (query) =>
      query
        .insertInto('requests')
        .values({
          id,
          project: ask.project,
          scope: ask.scope,
          source: ask.source,
          prompt: ask.prompt,
          model: ask.model,
          tags: [...ask.tags],
          n: generations.length,
          priority: ask.priority,
        })
        .returning(requestColumns),
    )
    .with('pictures', (query) =>
      query
        .insertInto('request_images')
        .values(generations.map((row, index) => ({ request_id: id, index, generation_id: row.id }))),
    )
    .selectFrom('request')
    .select(requestColumns)
    .executeTakeFirstOrThrow()
}

/** @throws DarkroomError not_found, also for a request of another project: ids never cross projects */
export async function readRequest(
  database: Pick<Kysely<Schema>, 'selectFrom'>,
  project: string,
  id: string,
): Promise<Selectable<RequestsTable>> {
  // What has not the form of an id may have bytes that the database refuses.
  const request = /^req_[A-Za-z0-9_-]{22}$/u.test(id)
    ? await database
        .selectFrom('requests')
        .selectAll()
        .where('id', '=', id)
        .where('project', '=', project)
        .executeTakeFirst()
    : undefined
  if (request === undefined) throw new DarkroomError('not_found', 'There is no such generation.')
  return request
}

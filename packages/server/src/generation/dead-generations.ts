import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { reorderWebhooks } from '../webhooks/outbox.ts'
import { rearm } from './arm.ts'
import type { GenerationRow } from './generation-row.ts'
import type { AcceptContext } from './requests.ts'

/** A generation that has failed and that nothing will try again by itself. */
export interface DeadGeneration {
  row: GenerationRow
  /** With microseconds, for cursors. */
  failedAt: string
  /** Requests of the project that wanted it, the newest first, at most ten. */
  requestIds: string[]
}

/** Whose dead letters. */
export interface DeadOwner {
  project: string
  /** Only those that were asked for in these scopes; `undefined`: in all. */
  scopes: readonly string[] | undefined
}

/** Which dead letters. */
export interface DeadQuery extends DeadOwner {
  /** Only failures of this code. */
  code: string | undefined
  limit: number
  /** Those after this one, in the order of the list. */
  after: { failedAt: string; id: string } | undefined
}

/** Which ones are to be tried again: names, or all that failed (with a code) until a time. */
export type RedriveSelection =
  | { kind: 'ids'; ids: readonly string[] }
  | { kind: 'failed'; code: string | undefined; until: Date }

/** Failed generations that a project has asked for, newest first. Retired results are history, not work. */
export async function listDeadGenerations(
  database: Kysely<Schema>,
  query: DeadQuery,
): Promise<DeadGeneration[]> {
  let rows = deadOf(database, query)
  if (query.code !== undefined) rows = rows.where('error_code', '=', query.code)
  if (query.after !== undefined) {
    const { failedAt, id } = query.after
    rows = rows.where(sql<boolean>`(settled_at, image_id collate "C") < (${failedAt}::timestamptz, ${id})`)
  }
  const found = await rows
    .selectAll()
    .select(failedAtUs.as('failed_at_us'))
    .orderBy('settled_at', 'desc')
    .orderBy(sql`image_id collate "C"`, 'desc')
    .limit(query.limit)
    .execute()
  const requests = await requestsOf(
    database,
    query.project,
    found.map(({ id }) => id),
  )
  return found.map(({ failed_at_us: failedAt, ...row }) => ({
    row,
    failedAt,
    requestIds: (requests.get(row.id) ?? []).slice(0, 10),
  }))
}

const failedAtUs = sql<string>`to_char(settled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

function deadOf(database: Pick<Kysely<Schema>, 'selectFrom'>, { project, scopes }: DeadOwner) {
  return database
    .selectFrom('generations')
    .where('generations.status', '=', 'failed')
    .where('generations.retired_at', 'is', null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('request_images')
          .innerJoin('requests', 'requests.id', 'request_images.request_id')
          .select('requests.id')
          .whereRef('request_images.generation_id', '=', 'generations.id')
          .where('requests.project', '=', project)
          .$if(scopes !== undefined, (own) => own.where('requests.scope', 'in', [...(scopes ?? [])])),
      ),
    )
}

async function requestsOf(
  database: Kysely<Schema>,
  project: string,
  generationIds: readonly string[],
): Promise<Map<string, string[]>> {
  if (generationIds.length === 0) return new Map()
  const rows = await database
    .selectFrom('request_images')
    .innerJoin('requests', 'requests.id', 'request_images.request_id')
    .select(['requests.id', 'request_images.generation_id'])
    .where('request_images.generation_id', 'in', generationIds)
    .where('requests.project', '=', project)
    .orderBy('requests.created_at', 'desc')
    .execute()
  const byGeneration = Map.groupBy(rows, (row) => row.generation_id)
  return new Map([...byGeneration].map(([id, found]) => [id, found.map((row) => row.id)]))
}

/** At most this many in one transaction, so that none holds thousands of rows. */
const batchSize = 100

/**
 * Tries failed generations again: the next attempt of the same key and revision, whatever its Retry-After said. Those
 * that ask for them meanwhile join it. Their requests end once more, and their webhooks tell of that too.
 * @returns the image ids of those that were queued again
 */
export async function redriveGenerations(
  context: AcceptContext,
  owner: DeadOwner,
  selection: RedriveSelection,
): Promise<string[]> {
  const redriven: string[] = []
  for (;;) {
    const batch = await context.database
      .transaction()
      .execute((transaction) => redriveBatch(transaction, context, owner, selection))
    redriven.push(...batch)
    if (batch.length < batchSize) return redriven
  }
}

async function redriveBatch(
  transaction: Transaction<Schema>,
  context: AcceptContext,
  owner: DeadOwner,
  selection: RedriveSelection,
): Promise<string[]> {
  const rows = await selected(transaction, owner, selection)
    .selectAll('generations')
    // The order in which `arm` takes them.
    .orderBy(sql`generations.key collate "C"`)
    .limit(batchSize)
    .forUpdate('generations')
    .skipLocked()
    .execute()
  const armed: GenerationRow[] = []
  for (const row of rows) {
    const ask = {
      project: row.project ?? owner.project,
      scope: row.scope ?? 'default',
      priority: 'demand' as const,
    }
    const nextTurn = (): Promise<number> => context.line.nextTurn(transaction, ask)
    const again = await rearm(row, {
      ...context,
      ...ask,
      transaction,
      isFull: () => false,
      nextTurn,
      giveBackTurn: () => {},
    })
    if (again !== undefined) armed.push(again)
  }
  await orderAgain(
    transaction,
    armed.map(({ id }) => id),
  )
  return armed.flatMap(({ image_id: id }) => (id === null ? [] : [id]))
}

function selected(transaction: Transaction<Schema>, owner: DeadOwner, selection: RedriveSelection) {
  const dead = deadOf(transaction, owner)
  if (selection.kind === 'failed') {
    const until = dead.where('generations.settled_at', '<=', selection.until)
    return selection.code === undefined ? until : until.where('generations.error_code', '=', selection.code)
  }
  const ids = [...selection.ids]
  return dead.where((eb) =>
    eb.or([
      eb('generations.image_id', '=', sql<string>`any(${ids})`),
      eb.exists(
        eb
          .selectFrom('request_images as wanted')
          .select('wanted.request_id')
          .whereRef('wanted.generation_id', '=', 'generations.id')
          .where('wanted.request_id', '=', sql<string>`any(${ids})`),
      ),
    ]),
  )
}

/** Requests that had been told of the failure are told of the next end as well. */
async function orderAgain(transaction: Transaction<Schema>, generationIds: readonly string[]): Promise<void> {
  if (generationIds.length === 0) return
  const subjects = await transaction
    .selectFrom('request_images')
    .innerJoin('webhooks', 'webhooks.subject', 'request_images.request_id')
    .innerJoin('requests', 'requests.id', 'request_images.request_id')
    .select('webhooks.subject')
    .distinct()
    .where('request_images.generation_id', 'in', generationIds)
    .where('requests.cancelled_at', 'is', null)
    .execute()
  for (const { subject } of subjects) await reorderWebhooks(transaction, subject)
}

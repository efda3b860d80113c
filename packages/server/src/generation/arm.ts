import type { Transaction } from 'kysely'
import { randomUUID } from 'node:crypto'
import type { Priority, Schema } from '../database/schema.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import { generationKey, imageIdOf } from '../request/picture-spec.ts'
import { appendEvent, eventOfWritten } from './events.ts'
import { generationColumns } from './generation-columns.ts'
import type { GenerationRow } from './generation-row.ts'
import { isSettled, placeOf } from './generation-row.ts'

/** What arming a key found or did. */
export interface Armed {
  row: GenerationRow
  /** `started`: this call made a record and its job. `joined`: both were there, or the result is. */
  how: 'started' | 'joined'
}

export interface ArmContext {
  transaction: Transaction<Schema>
  queue: JobQueue
  secret: string
  priority: Priority
  /** Whose ask this is. */
  project: string
  scope: string
  traceparent?: string | undefined
  /** Whether no job may be queued: then what is there is looked for first. */
  isFull(): boolean
  /** The turn of a job that is about to be queued; asked for only then. @throws DarkroomError queue_full */
  nextTurn(): Promise<number>
  /** The turn was not used after all. */
  giveBackTurn(turn: number): void
  now: () => number
}

/** Two writers of one key meet at most a few times in a row; more means that something is wrong. */
const maxRounds = 8

/**
 * Finds the current generation of a key, or starts one: the record, its first event and its job in the caller's
 * transaction. The unique (key, revision) decides between processes, so a key and revision runs once.
 *
 * With several keys in one transaction call in the order of the keys: an insert waits for another's uncommitted
 * insert of the same key, and two orders would wait for each other.
 */
export async function arm(spec: PictureSpec, context: ArmContext): Promise<Armed> {
  const key = generationKey(spec)
  // Most keys are new, and then this is all there is to do.
  const first = context.isFull() ? undefined : await insertRevision(spec, key, 1, context)
  if (first !== undefined) return { row: first, how: 'started' }
  for (let round = 0; round < maxRounds; round += 1) {
    const current = await currentRow(context.transaction, key)
    if (current === undefined || current.retired_at !== null) {
      const row = await insertRevision(spec, key, (current?.revision ?? 0) + 1, context)
      if (row !== undefined) return { row, how: 'started' }
      continue
    }
    if (!mayRearm(current, context.now())) {
      if (isSettled(current.status)) return { row: current, how: 'joined' }
      const held = await join(current, context)
      if (held !== undefined) return { row: held, how: 'joined' }
      continue
    }
    const row = await rearm(current, context)
    if (row !== undefined) return { row, how: 'started' }
  }
  throw new Error(`the record of key ${key} changed ${maxRounds} times while it was being read`)
}

/** The newest revision of a key. */
export async function currentRow(
  database: Pick<Transaction<Schema>, 'selectFrom'>,
  key: string,
): Promise<GenerationRow | undefined> {
  return database
    .selectFrom('generations')
    .select(generationColumns)
    .where('key', '=', key)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/**
 * Keeps a cancellation away until this transaction has recorded that one more request wants the generation.
 * Without it the two could pass each other, and the new request would be told of a cancellation it never asked for.
 * @returns the row as it is now; `undefined` when it was cancelled meanwhile
 */
async function holdAgainstCancel(
  row: GenerationRow,
  context: ArmContext,
): Promise<GenerationRow | undefined> {
  const held = await context.transaction
    .selectFrom('generations')
    .selectAll()
    .where('id', '=', row.id)
    .forKeyShare()
    .executeTakeFirst()
  return held?.status === 'cancelled' ? undefined : held
}

/** Work that is on its way; what was only foreseen goes as demand from now on. */
async function join(row: GenerationRow, context: ArmContext): Promise<GenerationRow | undefined> {
  if (row.priority !== 'speculative' || context.priority !== 'demand') {
    return await holdAgainstCancel(row, context)
  }
  if (row.status === 'running') {
    const claimed = await claimRunning(row, context)
    if (claimed !== undefined) return claimed
  }
  const promoted = await promote(row, context)
  if (promoted !== undefined) return promoted
  // It has gone from one state to the other in between, or somebody else's ask came first: the caller looks again.
  const now = await holdAgainstCancel(row, context)
  return now?.priority === 'speculative' && !isSettled(now.status) ? undefined : now
}

/**
 * Somebody waits for what runs, so it makes room for nobody any more. Its turn was one of speculation's line: in that of
 * demand it would move the head, so it has none there.
 * @returns `undefined` when it does not run, or is demand already
 */
async function claimRunning(row: GenerationRow, context: ArmContext): Promise<GenerationRow | undefined> {
  return await context.transaction
    .updateTable('generations')
    .set({ priority: 'demand', project: context.project, scope: context.scope, turn: 0 })
    .where('id', '=', row.id)
    .where('status', '=', 'running')
    .where('priority', '=', 'speculative')
    .returningAll()
    .executeTakeFirst()
}

/** A new job takes the place of the old one, which does nothing should it have been handed out. */
async function promote(row: GenerationRow, context: ArmContext): Promise<GenerationRow | undefined> {
  const { transaction, queue, project, scope } = context
  const jobId = randomUUID()
  const turn = await context.nextTurn()
  const promoted = await transaction
    .updateTable('generations')
    .set({ priority: 'demand', job_id: jobId, project, scope, turn })
    .where('id', '=', row.id)
    .where('status', '=', 'queued')
    .where('priority', '=', 'speculative')
    .returningAll()
    .executeTakeFirst()
  if (promoted === undefined) {
    context.giveBackTurn(turn)
    return undefined
  }
  if (row.job_id !== null) await queue.cancel(row.job_id, { transaction })
  await queue.enqueue({ jobId, recordId: row.id }, { transaction, ...placeOf(promoted) })
  return promoted
}

/** A failure is answered again until its `Retry-After` has passed; a cancelled record is never in the way. */
function mayRearm(row: GenerationRow, now: number): boolean {
  if (row.status === 'cancelled') return true
  return row.status === 'failed' && (row.retry_after_at === null || row.retry_after_at.getTime() <= now)
}

async function insertRevision(
  spec: PictureSpec,
  key: string,
  revision: number,
  context: ArmContext,
): Promise<GenerationRow | undefined> {
  const jobId = randomUUID()
  const turn = await context.nextTurn()
  const values = {
    job_id: jobId,
    domain: spec.domain,
    key,
    revision,
    status: 'queued' as const,
    priority: context.priority,
    project: context.project,
    scope: context.scope,
    turn,
    alias: spec.model.alias,
    backend: spec.model.backend,
    model: spec.model.model,
    renderer_version: spec.model.rendererVersion,
    prompt: spec.prompt,
    negative: spec.negative ?? null,
    style: spec.style ?? null,
    width_px: spec.widthPx,
    height_px: spec.heightPx,
    seed: spec.seed,
    inputs: spec.inputs === undefined ? null : JSON.stringify(spec.inputs),
    strength: spec.strength ?? null,
    steps: spec.steps ?? null,
    image_id: imageIdOf(context.secret, key, revision),
    traceparent: context.traceparent ?? null,
    event_seq: 1,
  }
  // One round trip for the record and the event that says so: this is the path that a caller waits on.
  const row = await context.transaction
    .with('record', (query) =>
      query
        .insertInto('generations')
        .values(values)
        .onConflict((conflict) => conflict.columns(['key', 'revision']).doNothing())
        .returning(generationColumns),
    )
    .with('event', () => eventOfWritten(context.queue, 'record', 'queued', { attempt: 1 }))
    .selectFrom('record')
    .select(generationColumns)
    .executeTakeFirst()
  if (row === undefined) context.giveBackTurn(turn)
  else await enqueue(row, jobId, context)
  return row
}

/**
 * The next attempt of a failed or cancelled record: the same key and revision, under a new job.
 * @returns `undefined` when somebody else was faster
 */
export async function rearm(row: GenerationRow, context: ArmContext): Promise<GenerationRow | undefined> {
  const jobId = randomUUID()
  const turn = await context.nextTurn()
  const armed = await context.transaction
    .updateTable('generations')
    .set((eb) => ({
      job_id: jobId,
      status: 'queued' as const,
      attempt: eb('attempt', '+', 1),
      retries: 0,
      reruns: 0,
      yields: 0,
      yielded_at: null,
      priority: context.priority,
      project: context.project,
      scope: context.scope,
      turn,
      lease: null,
      worker_id: null,
      error_code: null,
      error_message: null,
      retry_after_at: null,
      started_at: null,
      settled_at: null,
      traceparent: context.traceparent ?? null,
      queued_at: new Date(context.now()),
      event_seq: eb('event_seq', '+', 1),
    }))
    .where('id', '=', row.id)
    .where('attempt', '=', row.attempt)
    .where('status', 'in', ['failed', 'cancelled'])
    .returningAll()
    .executeTakeFirst()
  if (armed === undefined) context.giveBackTurn(turn)
  else {
    await enqueue(armed, jobId, context)
    await appendEvent(context.transaction, context.queue, {
      generationId: armed.id,
      seq: armed.event_seq,
      type: 'queued',
      data: { attempt: armed.attempt },
    })
  }
  return armed
}

async function enqueue(
  row: GenerationRow,
  jobId: string,
  { transaction, queue }: Pick<ArmContext, 'transaction' | 'queue'>,
): Promise<void> {
  await queue.enqueue({ jobId, recordId: row.id }, { transaction, ...placeOf(row) })
}

import type { Flights, LedgerWriter } from '@darkroom/once'
import { createFlights } from '@darkroom/once'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import type { PictureSpec, ResolvedModel } from '../request/picture-spec.ts'
import { generationKey } from '../request/picture-spec.ts'
import type { Armed } from './arm.ts'
import { currentRow } from './arm.ts'
import { cancelRequest } from './cancel.ts'
import type { DeadGeneration, DeadOwner, DeadQuery, RedriveSelection } from './dead-generations.ts'
import { listDeadGenerations, redriveGenerations } from './dead-generations.ts'
import type { GenerationEvent } from './events.ts'
import { readEvents } from './events.ts'
import type { Foreseen } from './foresee.ts'
import { foresee, withdrawForeseen } from './foresee.ts'
import type { GenerationRow, StoredGeneration } from './generation-row.ts'
import { drawingOf, errorOf, isStored } from './generation-row.ts'
import { markAnswered } from './idempotency.ts'
import { retire } from './image-rows.ts'
import type { Line } from './line.ts'
import { noteShared } from './note-shared.ts'
import type { ListQuery, RecordPage, RequestWithGenerations } from './record.ts'
import { listRecords, withGenerations, withRecord } from './record.ts'
import type { Accepted, GenerationBudget, RequestAsk } from './requests.ts'
import { acceptRequest, readRequest } from './requests.ts'
import { createSettlements } from './settlements.ts'

/** Get-or-generate, as the gateway uses it. */
export interface Generations {
  /**
   * The stored picture of a spec, made if it is not there. However many ask at once in this process, one of them
   * asks the database; across processes the unique record decides.
   * @throws DarkroomError of the failed record; the signal's reason, while the work goes on
   */
  ensure(ask: Omit<RequestAsk, 'pictures'>, spec: PictureSpec, signal: AbortSignal): Promise<Ensured>
  /**
   * Has the picture of a spec made, without waiting for it.
   * @throws DarkroomError that of a failure that is still kept, and what the budget refuses with
   */
  begin(ask: Omit<RequestAsk, 'pictures'>, spec: PictureSpec): Promise<void>
  /** The stored picture of a spec, if it is there. */
  find(spec: PictureSpec): Promise<StoredGeneration | undefined>
  /** Accepts a native request durably. @throws DarkroomError idempotency_conflict, idempotency_mismatch */
  accept(ask: RequestAsk): Promise<Accepted>
  /** The idempotency key's first call has been answered. */
  answered(owner: string, key: string): Promise<void>
  /** @throws DarkroomError not_found */
  read(project: string, id: string): Promise<RequestWithGenerations>
  /** The request when every picture of it has settled. @throws the signal's reason */
  settled(request: RequestWithGenerations, signal: AbortSignal): Promise<RequestWithGenerations>
  list(query: ListQuery): Promise<RecordPage>
  /** Retires the stored pictures of a request and asks for them anew. @throws DarkroomError not_settled */
  regenerate(project: string, id: string, resolveModel: ModelResolver): Promise<RegenerateResult>
  cancel(project: string, id: string): Promise<void>
  /** Has a picture made that nobody has asked for yet, after all that somebody waits for. @throws DarkroomError */
  foresee(foreseen: Foreseen): Promise<Armed>
  /** Cancels what was foreseen and nobody has asked for. @returns the ids of the generations that were cancelled */
  withdrawForeseen(generationIds: readonly string[]): Promise<string[]>
  /** Failed generations that nothing tries again by itself, newest first. */
  dead(query: DeadQuery): Promise<DeadGeneration[]>
  /** Tries failed generations again. @returns the image ids of those that were queued */
  redrive(owner: DeadOwner, selection: RedriveSelection): Promise<string[]>
  events(generationId: string, afterSeq: number): Promise<GenerationEvent[]>
  /** Called whenever an event of one of these generations was written, or may have been missed. */
  onEvent(generationIds: readonly string[], listener: () => void): () => void
  close(): void
}

/** The model a public name means today; its renderer may be newer than the one that drew. */
export type ModelResolver = (alias: string) => ResolvedModel

export interface RegenerateResult {
  request: RequestWithGenerations
  /** Pictures that are no longer the current result of their key. */
  retiredImageIds: string[]
}

export interface Ensured {
  generation: StoredGeneration
  /** Whether this call waited for the work; otherwise the picture was there already. */
  waited: boolean
}

/** A request for one picture that was accepted. */
interface AcceptedOne {
  row: GenerationRow
  requestId: string
}

export interface GenerationsOptions {
  database: Kysely<Schema>
  queue: JobQueue
  /** The secret of image ids, one for all processes. */
  secret: string
  line: Line
  now: () => number
  budget: GenerationBudget
  /** Counts pictures that were there, or on their way; runs are counted where they run. */
  ledger?: LedgerWriter | undefined
}

export function createGenerations(options: GenerationsOptions): Generations {
  const { database, queue, now } = options
  const settlements = createSettlements(options)
  const flights: Flights<Ensured> = createFlights({ whenAbandoned: 'finish', now })
  const starts: Flights<void> = createFlights({ whenAbandoned: 'finish', now })

  async function start(ask: Omit<RequestAsk, 'pictures'>, spec: PictureSpec): Promise<void> {
    if (await isUnderWayFor(database, ask, spec)) return
    const accepted = await acceptOne(ask, spec)
    const { row, requestId } = accepted
    if (row.status === 'failed') throw errorOf(row, now(), requestId)
    const work = async (): Promise<{ value: Ensured }> => ({ value: await generated(ask, spec, accepted) })
    // Who asks for the picture meanwhile joins this request. A failure is met again by the next who asks.
    void flights.run(unitOf(ask, spec), work).catch(() => {})
  }

  async function acceptOne(ask: Omit<RequestAsk, 'pictures'>, spec: PictureSpec): Promise<AcceptedOne> {
    const accepted = await acceptRequest({ ...ask, pictures: [spec] }, options)
    if (accepted.kind === 'replayed') throw new Error('a prompt URL has no idempotency key')
    const [row] = accepted.request.generations
    if (row === undefined) throw new Error('a request without pictures was accepted')
    return { row, requestId: accepted.request.record.id }
  }

  async function getOrGenerate(ask: Omit<RequestAsk, 'pictures'>, spec: PictureSpec): Promise<Ensured> {
    const current = await currentRow(database, generationKey(spec))
    if (current !== undefined && current.retired_at === null && isStored(current)) {
      noteShared(options.ledger, current, 'cached')
      return { generation: current, waited: false }
    }
    return await generated(ask, spec, await acceptOne(ask, spec))
  }

  async function generated(
    ask: Omit<RequestAsk, 'pictures'>,
    spec: PictureSpec,
    first: AcceptedOne,
  ): Promise<Ensured> {
    for (let { row, requestId } = first; ; { row, requestId } = await acceptOne(ask, spec)) {
      const settled = await settlements.wait(row.id)
      if (isStored(settled)) return { generation: settled, waited: true }
      // Somebody withdrew their own request for it; this one still stands.
      if (settled.status !== 'cancelled') throw errorOf(settled, now(), requestId)
    }
  }

  return {
    ensure: async (ask, spec, signal) => {
      const work = async (): Promise<{ value: Ensured }> => ({ value: await getOrGenerate(ask, spec) })
      const outcome = await flights.run(unitOf(ask, spec), work, { signal })
      if (outcome.how !== 'ran') noteShared(options.ledger, outcome.value.generation, 'joined')
      return outcome.value
    },
    begin: async (ask, spec) => {
      await starts.run(unitOf(ask, spec), async () => ({ value: await start(ask, spec) }))
    },
    find: async (spec) => {
      const row = await currentRow(database, generationKey(spec))
      return row !== undefined && row.retired_at === null && isStored(row) ? row : undefined
    },
    accept: (ask) => acceptRequest(ask, options),
    answered: (owner, key) => markAnswered(database, owner, key),
    read: (project, id) => readWithGenerations(database, project, id),
    settled: async ({ request, generations }, signal) =>
      withRecord(request, await Promise.all(generations.map((row) => settlements.wait(row.id, signal)))),
    list: (query) => listRecords(database, query),
    regenerate: (project, id, resolveModel) => regenerate(options, project, id, resolveModel),
    cancel: (project, id) => cancelRequest(options, project, id),
    foresee: (foreseen) => foresee(foreseen, options),
    withdrawForeseen: (generationIds) => withdrawForeseen(options, generationIds),
    dead: (query) => listDeadGenerations(database, query),
    redrive: (owner, selection) => redriveGenerations(options, owner, selection),
    events: (generationId, afterSeq) => readEvents(database, generationId, afterSeq),
    onEvent: (generationIds, listener) => subscribe(queue, generationIds, listener),
    close: () => settlements.close(),
  }
}

/** By scope: one that its own budget refuses must not refuse those of another. */
function unitOf(
  ask: Pick<RequestAsk, 'project' | 'scope'>,
  spec: PictureSpec,
): { kind: 'generation'; key: string; domain: string } {
  const domain = JSON.stringify([spec.domain, ask.project, ask.scope])
  return { kind: 'generation', key: generationKey(spec), domain }
}

/** Whether a picture is being made that this scope has asked for already: another request would say nothing new. */
async function isUnderWayFor(
  database: Kysely<Schema>,
  ask: Pick<RequestAsk, 'project' | 'scope'>,
  spec: PictureSpec,
): Promise<boolean> {
  const row = await database
    .selectFrom('generations')
    .innerJoin('request_images', 'request_images.generation_id', 'generations.id')
    .innerJoin('requests', 'requests.id', 'request_images.request_id')
    .select('generations.id')
    .where('generations.key', '=', generationKey(spec))
    .where('generations.status', 'in', ['queued', 'running'])
    .where('generations.retired_at', 'is', null)
    .where('requests.project', '=', ask.project)
    .where('requests.scope', '=', ask.scope)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

async function readWithGenerations(
  database: Kysely<Schema>,
  project: string,
  id: string,
): Promise<RequestWithGenerations> {
  const request = await readRequest(database, project, id)
  const [found] = await withGenerations(database, [request])
  if (found === undefined) throw new DarkroomError('not_found', 'There is no such generation.')
  return found
}

function subscribe(queue: JobQueue, generationIds: readonly string[], listener: () => void): () => void {
  const wanted = new Set(generationIds)
  const undo = [
    queue.onAnnouncement(({ recordId }) => {
      if (wanted.has(recordId)) listener()
    }),
    queue.onReconnect(listener),
  ]
  return () => {
    for (const forget of undo) forget()
  }
}

/**
 * Retires the current results of a request and accepts the same ask again: revision + 1 of each key.
 * A picture that another request retired meanwhile is not retired twice.
 */
async function regenerate(
  options: GenerationsOptions,
  project: string,
  id: string,
  resolveModel: ModelResolver,
): Promise<RegenerateResult> {
  const { database } = options
  const request = await readRequest(database, project, id)
  const { generations } = await readWithGenerations(database, project, id)
  if (generations.some((row) => row.status === 'queued' || row.status === 'running')) {
    throw new DarkroomError('not_settled', 'The generation is still running; wait for it or cancel it first.')
  }
  const accepted = await acceptRequest(
    {
      project,
      scope: request.scope,
      source: request.source,
      prompt: request.prompt,
      model: request.model,
      tags: request.tags,
      priority: request.priority,
      pictures: generations.map((row) => ({ ...specOf(row), model: resolveModel(row.alias) })),
    },
    options,
    async (transaction) => {
      // In the order in which they are armed: in another, two regenerations would wait for each other.
      for (const row of inKeyOrder(generations)) await retire(transaction, row.id)
    },
  )
  if (accepted.kind === 'replayed') throw new Error('a regeneration has no idempotency key')
  return {
    request: accepted.request,
    retiredImageIds: generations.flatMap((row) => (isStored(row) ? [row.image_id] : [])),
  }
}

function inKeyOrder(rows: readonly GenerationRow[]): GenerationRow[] {
  return rows.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

function specOf(row: GenerationRow): PictureSpec {
  return {
    domain: row.domain,
    model: {
      alias: row.alias,
      backend: row.backend,
      model: row.model,
      rendererVersion: row.renderer_version,
    },
    ...drawingOf(row),
  }
}

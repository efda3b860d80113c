import type { Flights } from '@darkroom/once'
import { createFlights } from '@darkroom/once'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import type { PictureSpec, ResolvedModel } from '../request/picture-spec.ts'
import { generationKey } from '../request/picture-spec.ts'
import { currentRow } from './arm.ts'
import { cancelRequest } from './cancel.ts'
import type { GenerationEvent } from './events.ts'
import { readEvents } from './events.ts'
import type { GenerationRow, StoredGeneration } from './generation-row.ts'
import { errorOf, isStored } from './generation-row.ts'
import { markAnswered } from './idempotency.ts'
import { retire } from './image-rows.ts'
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

export interface GenerationsOptions {
  database: Kysely<Schema>
  queue: JobQueue
  /** The secret of image ids, one for all processes. */
  secret: string
  now: () => number
  budget: GenerationBudget
}

export function createGenerations(options: GenerationsOptions): Generations {
  const { database, queue, now } = options
  const settlements = createSettlements(options)
  const flights: Flights<Ensured> = createFlights({ whenAbandoned: 'finish', now })

  async function getOrGenerate(ask: Omit<RequestAsk, 'pictures'>, spec: PictureSpec): Promise<Ensured> {
    const current = await currentRow(database, generationKey(spec))
    if (current !== undefined && current.retired_at === null && isStored(current)) {
      return { generation: current, waited: false }
    }
    for (;;) {
      const accepted = await acceptRequest({ ...ask, pictures: [spec] }, options)
      if (accepted.kind === 'replayed') throw new Error('a prompt URL has no idempotency key')
      const [row] = accepted.request.generations
      if (row === undefined) throw new Error('a request without pictures was accepted')
      const settled = await settlements.wait(row.id)
      if (isStored(settled)) return { generation: settled, waited: true }
      // Somebody withdrew their own request for it; this one still stands.
      if (settled.status !== 'cancelled') throw errorOf(settled, now(), accepted.request.record.id)
    }
  }

  return {
    ensure: async (ask, spec, signal) => {
      // By scope: one that its own budget refuses must not refuse those of another.
      const domain = JSON.stringify([spec.domain, ask.project, ask.scope])
      const unit = { kind: 'generation', key: generationKey(spec), domain }
      const outcome = await flights.run(unit, async () => ({ value: await getOrGenerate(ask, spec) }), {
        signal,
      })
      return outcome.value
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
    events: (generationId, afterSeq) => readEvents(database, generationId, afterSeq),
    onEvent: (generationIds, listener) => subscribe(queue, generationIds, listener),
    close: () => settlements.close(),
  }
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
    prompt: row.prompt,
    negative: row.negative ?? undefined,
    style: row.style ?? undefined,
    widthPx: row.width_px,
    heightPx: row.height_px,
    seed: Number(row.seed),
  }
}

import { randomBytes, randomUUID } from 'node:crypto'
import type { CarouselBase, CarouselDesign } from '../database/schema.ts'
import type { GenerationRow } from '../generation/generation-row.ts'
import { isSettled, isStored } from '../generation/generation-row.ts'
import { claimIdempotencyKey } from '../generation/idempotency.ts'
import type { AcceptContext } from '../generation/requests.ts'
import { acceptIn } from '../generation/requests.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import type { SlideTextAsk } from '../request/carousel-body.ts'
import { baseKeyOf, claimUrl } from './base-claims.ts'
import { appendCarouselEvent } from './carousel-events.ts'
import type { CarouselContext, CarouselRow, Locked } from './carousel-row.ts'

/** A base that the gateway has looked at: what it is, and what is known of it by now. */
export type AcceptedBase =
  | { kind: 'url'; url: string }
  | { kind: 'image'; image: string; hash: string }
  | { kind: 'prompt'; spec: PictureSpec; model: string | undefined }

/** A carousel as it is recorded: who asks, and everything that its slides are made of. */
export interface CarouselOrder {
  project: string
  scope: string
  tags: readonly string[]
  base: AcceptedBase
  slides: readonly SlideTextAsk[]
  design: CarouselDesign
  /** The logo, where it is stored already. */
  logoHash: string | undefined
  idempotency?: { owner: string; key: string; fingerprint: string } | undefined
}

/** What accepting needs besides the carousels' own context: that of the generations. */
export interface CarouselAcceptContext extends CarouselContext {
  generations: AcceptContext
}

export type AcceptedCarousel =
  | { kind: 'accepted'; carousel: CarouselRow }
  /** The idempotency key was used before: nothing was done, this is what it did then. */
  | { kind: 'replayed'; carouselId: string }

/**
 * Accepts a carousel: its rows, its job and, for a prompt, the request that generates the base, in one transaction.
 * Once this resolves, the work is done whatever dies.
 * @throws DarkroomError idempotency_conflict, idempotency_mismatch
 */
export async function acceptCarousel(
  order: CarouselOrder,
  context: CarouselAcceptContext,
): Promise<AcceptedCarousel> {
  return await context.database.transaction().execute(async (transaction) => {
    const id = `car_${randomBytes(16).toString('base64url')}`
    if (order.idempotency !== undefined) {
      const claim = await claimIdempotencyKey(
        transaction,
        { ...order.idempotency, requestId: id },
        isSettledCarousel,
      )
      if (claim.kind === 'used') return { kind: 'replayed', carouselId: claim.requestId }
    }
    return { kind: 'accepted', carousel: await insertCarousel(order, id, transaction, context) }
  })
}

async function isSettledCarousel(transaction: Locked, id: string): Promise<boolean> {
  const open = await transaction
    .selectFrom('carousels')
    .select('id')
    .where('id', '=', id)
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirst()
  return open === undefined
}

async function insertCarousel(
  order: CarouselOrder,
  id: string,
  transaction: Locked,
  context: CarouselAcceptContext,
): Promise<CarouselRow> {
  const base = await baseColumns(order, transaction, context)
  await transaction
    .insertInto('carousels')
    .values({
      id,
      project: order.project,
      scope: order.scope,
      tags: [...order.tags],
      status: 'queued',
      base: JSON.stringify(askedBase(order.base)),
      design: JSON.stringify(order.design),
      ...base,
      logo_hash: order.logoHash ?? null,
      event_seq: 1,
    })
    .execute()
  await transaction
    .insertInto('carousel_slides')
    .values(
      order.slides.map((slide, index) => ({
        carousel_id: id,
        index,
        kind: slide.kind,
        title: slide.title,
        body: slide.body ?? null,
        label: slide.label ?? null,
        status: 'queued' as const,
      })),
    )
    .execute()
  await appendCarouselEvent(transaction, context.queue, { carouselId: id, seq: 1, type: 'queued', data: {} })
  return await startOrWait(order, id, base.waits_for, transaction, context)
}

/** A job, unless another makes what this carousel needs first: it gets one when that is there. */
async function startOrWait(
  order: CarouselOrder,
  id: string,
  generation: 'generation' | null,
  transaction: Locked,
  context: CarouselAcceptContext,
): Promise<CarouselRow> {
  const { base, project } = order
  const key = base.kind === 'url' ? baseKeyOf(project, base.url) : null
  const isFetched = key !== null && (await claimUrl(transaction, { carouselId: id, key })) === 'waiting'
  const waitsFor = isFetched ? 'base' : generation
  const jobId = waitsFor === null ? randomUUID() : null
  const row = await transaction
    .updateTable('carousels')
    .set({ base_key: key, waits_for: waitsFor, job_id: jobId })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  if (jobId !== null) {
    await context.queue.enqueue({ jobId, recordId: id }, { transaction, priority: 'demand' })
  }
  return row
}

interface BaseColumns {
  base_request_id: string | null
  base_generation_id: string | null
  base_hash: string | null
  base_image_id: string | null
  waits_for: 'generation' | null
}

const noBase: BaseColumns = {
  base_request_id: null,
  base_generation_id: null,
  base_hash: null,
  base_image_id: null,
  waits_for: null,
}

async function baseColumns(
  order: CarouselOrder,
  transaction: Locked,
  context: CarouselAcceptContext,
): Promise<BaseColumns> {
  const { base } = order
  if (base.kind === 'url') return noBase
  if (base.kind === 'image') return { ...noBase, base_hash: base.hash, base_image_id: base.image }
  return await armBase(transaction, context, { ...order, spec: base.spec, model: base.model })
}

/**
 * Asks for the generation that a base is, as any other request does: the same prompt is one picture for all. The
 * carousel has no job until it has settled.
 */
export async function armBase(
  transaction: Locked,
  context: CarouselAcceptContext,
  ask: {
    project: string
    scope: string
    tags: readonly string[]
    spec: PictureSpec
    model: string | undefined
  },
): Promise<BaseColumns> {
  const { record, generations } = await acceptIn(
    transaction,
    {
      project: ask.project,
      scope: ask.scope,
      source: 'carousel',
      prompt: ask.spec.prompt,
      model: ask.model ?? 'default',
      tags: ask.tags,
      priority: 'demand',
      pictures: [ask.spec],
    },
    context.generations,
  )
  const [generation] = generations
  if (generation === undefined) throw new Error('a request without pictures was accepted')
  return {
    base_request_id: record.id,
    base_generation_id: generation.id,
    ...storedBaseOf(generation),
    waits_for: isSettled(generation.status) ? null : 'generation',
  }
}

function storedBaseOf(generation: GenerationRow): Pick<BaseColumns, 'base_hash' | 'base_image_id'> {
  return isStored(generation)
    ? { base_hash: generation.object_hash, base_image_id: generation.image_id }
    : { base_hash: null, base_image_id: null }
}

/** The base as the record keeps it. */
function askedBase(base: AcceptedBase): CarouselBase {
  if (base.kind === 'url') return { url: base.url }
  if (base.kind === 'image') return { image: base.image }
  const { domain, prompt, negative, style, widthPx, heightPx, seed } = base.spec
  return {
    prompt: {
      prompt,
      domain,
      widthPx,
      heightPx,
      seed,
      ...(base.model === undefined ? {} : { model: base.model }),
      ...(negative === undefined ? {} : { negative }),
      ...(style === undefined ? {} : { style }),
    },
  }
}

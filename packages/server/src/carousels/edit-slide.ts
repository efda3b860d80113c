import { randomUUID } from 'node:crypto'
import { DarkroomError } from '../errors.ts'
import type { PictureSpec, ResolvedModel } from '../request/picture-spec.ts'
import type { SlideChange } from '../request/slide-change.ts'
import type { CarouselAcceptContext } from './accept-carousel.ts'
import { armBase } from './accept-carousel.ts'
import type { CarouselValues } from './carousel-events.ts'
import { tell } from './carousel-events.ts'
import type { CarouselRow, Locked, SlideRow } from './carousel-row.ts'
import { lockCarousel, placeOf } from './carousel-row.ts'

/** Which slide, of whose carousel. */
export interface SlideAddress {
  project: string
  carouselId: string
  /** From 0. */
  index: number
}

/** The model a public name means today. */
export type ModelResolver = (alias: string | undefined) => ResolvedModel

/**
 * Changes the words of one slide; a run makes that slide anew and nothing else.
 * @returns the carousel as it is now, and whether there was anything to change
 * @throws DarkroomError not_found, cancelled
 */
export async function changeSlide(
  address: SlideAddress,
  change: SlideChange,
  context: CarouselAcceptContext,
  resolveModel: ModelResolver,
): Promise<{ carousel: CarouselRow; changed: boolean }> {
  return await context.database.transaction().execute(async (transaction) => {
    const { carousel, slide } = await lockSlide(transaction, address)
    const texts = {
      title: change.title ?? slide.title,
      body: change.body === undefined ? slide.body : change.body,
      label: change.label === undefined ? slide.label : change.label,
    }
    const isSame = texts.title === slide.title && texts.body === slide.body && texts.label === slide.label
    if (isSame && slide.status !== 'failed') return { carousel, changed: false }
    const edited = await remake(transaction, carousel, slide, texts, context, resolveModel)
    return { carousel: edited, changed: true }
  })
}

/**
 * Tries one failed slide again, and the base with it where that is what failed.
 * @throws DarkroomError not_found, cancelled, already_settled (the slide has not failed)
 */
export async function retrySlide(
  address: SlideAddress,
  context: CarouselAcceptContext,
  resolveModel: ModelResolver,
): Promise<CarouselRow> {
  return await context.database.transaction().execute(async (transaction) => {
    const { carousel, slide } = await lockSlide(transaction, address)
    if (slide.status !== 'failed') {
      throw new DarkroomError('already_settled', 'This slide has not failed; only failed slides are retried.')
    }
    return await remake(transaction, carousel, slide, {}, context, resolveModel)
  })
}

async function lockSlide(
  transaction: Locked,
  { project, carouselId, index }: SlideAddress,
): Promise<{ carousel: CarouselRow; slide: SlideRow }> {
  const carousel = await lockCarousel(transaction, project, carouselId)
  if (carousel.status === 'cancelled') {
    throw new DarkroomError('cancelled', 'This carousel was cancelled; ask for a new one.')
  }
  const slide = await transaction
    .selectFrom('carousel_slides')
    .selectAll()
    .where('carousel_id', '=', carouselId)
    .where('index', '=', index)
    .executeTakeFirst()
  if (slide === undefined) {
    throw new DarkroomError('not_found', 'There is no such slide; they are numbered from 0.')
  }
  return { carousel, slide }
}

/** Queues a slide again, and the carousel unless a run of it will see the slide anyway. */
export async function remake(
  transaction: Locked,
  carousel: CarouselRow,
  slide: SlideRow,
  texts: Partial<Pick<SlideRow, 'title' | 'body' | 'label'>>,
  context: CarouselAcceptContext,
  resolveModel: ModelResolver,
): Promise<CarouselRow> {
  await transaction
    .updateTable('carousel_slides')
    .set({
      ...texts,
      status: 'queued',
      slide_key: null,
      image_id: null,
      fit: null,
      bytes: null,
      error_code: null,
      error_message: null,
    })
    .where('carousel_id', '=', carousel.id)
    .where('index', '=', slide.index)
    .execute()
  const isOpen = carousel.status === 'queued' || carousel.status === 'running'
  // One that waits for slides of others would not look at this one before they are there.
  const needsJob = !isOpen || carousel.waits_for === 'slides'
  const started = needsJob ? await newRun(transaction, carousel, context, resolveModel) : undefined
  const edited = await tell(transaction, context.queue, {
    carouselId: carousel.id,
    type: 'edited',
    data: { index: slide.index },
    values: { ...started?.values, edit: JSON.stringify(editOf(carousel, slide.index, isOpen)) },
  })
  if (edited === undefined) throw new Error('a carousel that is held has gone')
  if (started?.jobId !== undefined) {
    const { jobId } = started
    await context.queue.enqueue({ jobId, recordId: carousel.id }, { transaction, ...placeOf(edited) })
  }
  return edited
}

/** Edits that come before the carousel has settled again are counted together. */
function editOf(carousel: CarouselRow, index: number, isOpen: boolean): CarouselRow['edit'] {
  const begun = { slides: [], work: {}, withBase: !isOpen && carousel.base_how === null }
  const before = isOpen && carousel.edit !== null ? carousel.edit : begun
  return { ...before, slides: [...new Set([...before.slides, index])].toSorted((a, b) => a - b) }
}

async function newRun(
  transaction: Locked,
  carousel: CarouselRow,
  context: CarouselAcceptContext,
  resolveModel: ModelResolver,
): Promise<{ jobId: string | undefined; values: CarouselValues }> {
  const base = await baseAnew(transaction, carousel, context, resolveModel)
  const turn = await context.line.nextTurn(transaction, { ...carousel, priority: 'demand' })
  const jobId = base.waits_for === 'generation' ? undefined : randomUUID()
  return {
    jobId,
    values: {
      waits_for: null,
      ...base,
      turn: String(turn),
      status: 'queued',
      job_id: jobId ?? null,
      lease: null,
      worker_id: null,
      retries: 0,
      reruns: 0,
      error_code: null,
      error_message: null,
      settled_at: null,
    },
  }
}

/** Where the base itself failed, its prompt is asked for again; a URL is fetched again by the run. */
async function baseAnew(
  transaction: Locked,
  carousel: CarouselRow,
  context: CarouselAcceptContext,
  resolveModel: ModelResolver,
): Promise<CarouselValues> {
  const { prompt } = carousel.base
  if (carousel.base_hash !== null || prompt === undefined) return {}
  const { model, ...rest } = prompt
  const spec: PictureSpec = {
    ...rest,
    negative: prompt.negative,
    style: prompt.style,
    model: resolveModel(model),
  }
  return await armBase(transaction, context, { ...carousel, spec, model })
}

import type { Carousel, FinishedSlide, SlideOutcome } from '@darkroom/carousel'
import type { Logger } from 'pino'
import { baseKeyOf } from '../carousels/base-claims.ts'
import type { CarouselFailure, LeasedCarousel } from '../carousels/carousel-lease.ts'
import type { CarouselRow, SlideRow } from '../carousels/carousel-row.ts'
import { carouselFaultOf } from '../carousels/faults.ts'
import { slideKey } from '../carousels/slide-key.ts'
import { DarkroomError } from '../errors.ts'
import type { Recorder } from '../latency/recorder.ts'
import type { Picture, PictureContext } from './carousel-base.ts'
import { obtainBase, obtainLogo } from './carousel-base.ts'
import { timedWork } from '../carousels/work-counts.ts'
import { Interruption } from './interruption.ts'
import type { CarouselMeasurement } from './measure-carousel.ts'
import { measureCarousel } from './measure-carousel.ts'

export interface RunCarouselContext extends PictureContext {
  /** Takes what the job took. */
  recorder?: Recorder | undefined
  /** Of what draws slides: other pixels under the same key would be two slides in one place. */
  rendererVersion: string
  log: Logger
}

/** The runs of one carousel after faults of this side: the first and two more. */
const maxRetries = 2

/** What all slides of a run are made of. */
interface Ground extends Picture {
  logo: Picture | undefined
}

/**
 * Runs one leased carousel: the base, then every slide that is still to come, each stored and told as it is
 * finished. Resolves when the record says what became of it; whatever goes wrong is written there and not thrown.
 */
export async function runCarousel(
  leased: LeasedCarousel,
  context: RunCarouselContext,
  interruption: AbortSignal,
): Promise<void> {
  const job = measureCarousel(leased.row, context.recorder)
  try {
    interruption.throwIfAborted()
    const base = await job.measure('warm', () => obtainBase(leased, context, interruption))
    if (base === undefined) return
    const ground: Ground = { ...base, logo: await obtainLogo(leased, context, interruption) }
    for (;;) {
      const claimed = await leased.claimSlides((slides) => keysOf(leased.row, ground, slides, context))
      if (claimed === undefined) return
      if (claimed.mine.size > 0) await makeSlides(leased, ground, claimed, { ...context, job }, interruption)
      if ((await leased.finish()) === 'ended') return
    }
  } catch (error) {
    await settleFailure(leased, error, context)
  } finally {
    job.end()
  }
}

/** Of the slides that are still to come. */
function keysOf(
  row: CarouselRow,
  ground: Ground,
  slides: readonly SlideRow[],
  { rendererVersion }: RunCarouselContext,
): Map<number, string> {
  const shared = {
    project: row.project,
    baseHash: ground.hash,
    logoHash: ground.logo?.hash,
    design: row.design,
    rendererVersion,
  }
  return new Map(slides.map(({ index }) => [index, slideKey(shared, slides, index)]))
}

async function makeSlides(
  leased: LeasedCarousel,
  ground: Ground,
  { slides, mine }: { slides: readonly SlideRow[]; mine: ReadonlyMap<number, string> },
  context: RunCarouselContext & { job: CarouselMeasurement },
  signal: AbortSignal,
): Promise<void> {
  const { job } = context
  const startedMs = job.now()
  const stretch = Symbol('slides')
  const carousel = carouselOf(leased.row, ground, slides, [...mine.keys()], context, signal)
  const settle = async (outcome: SlideOutcome): Promise<void> => {
    const key = mine.get(outcome.index)
    if (key === undefined) throw new Error(`slide ${outcome.index} was not asked for`)
    leased.count(stretch, timedWork(carousel.work(), carousel.durations()))
    const kept =
      outcome.status === 'fulfilled'
        ? await job.measure('store', () => storeSlide(leased, key, outcome.value, context))
        : await leased.failSlide(key, slideFailureOf(outcome.reason, leased, outcome.index, context))
    if (!kept) context.log.warn({ carousel: leased.row.id }, 'a slide was finished that is no longer wanted')
  }
  // In a row of their own: the next slide is drawn while one is being written.
  let settling: Promise<void> = Promise.resolve()
  let drawnMs = 0
  try {
    for await (const outcome of carousel) {
      signal.throwIfAborted()
      drawnMs = job.now() - startedMs
      settling = settling.then(() => settle(outcome))
      settling.catch(() => {})
    }
  } catch (error) {
    await settling.catch(() => {})
    // What the maker throws when it is stopped says less than why it was.
    signal.throwIfAborted()
    throw error
  }
  job.add('generate', drawnMs)
  await settling
  signal.throwIfAborted()
  leased.count(stretch, timedWork(carousel.work(), carousel.durations()))
}

function carouselOf(
  { design, project }: CarouselRow,
  ground: Ground,
  slides: readonly SlideRow[],
  only: readonly number[],
  context: RunCarouselContext,
  signal: AbortSignal,
): Carousel {
  const { logo: _, ...brand } = design.brand
  return context.maker.make({
    base: ground.bytes,
    slides: slides.map(({ kind, title, body, label }) => ({
      kind,
      title,
      body: body ?? undefined,
      label: label ?? undefined,
    })),
    size: { widthPx: design.widthPx, heightPx: design.heightPx },
    format: design.format,
    quality: design.quality,
    theme: design.theme,
    brand: { ...brand, logo: ground.logo?.bytes },
    only,
    domain: project,
    signal,
  })
}

async function storeSlide(
  leased: LeasedCarousel,
  key: string,
  slide: FinishedSlide,
  context: RunCarouselContext,
): Promise<boolean> {
  return await leased.storeSlide({
    key,
    objectHash: context.objects.hashOf(slide.bytes),
    format: slide.format,
    widthPx: slide.widthPx,
    heightPx: slide.heightPx,
    bytes: slide.bytes.byteLength,
    fit: { ...slide.fit },
    put: async () => {
      await context.objects.put(slide.bytes)
    },
  })
}

/** A slide that cannot be made fails alone. @throws what stops the whole run */
function slideFailureOf(
  error: unknown,
  leased: LeasedCarousel,
  index: number,
  context: RunCarouselContext,
): CarouselFailure {
  if (error instanceof Interruption) throw error
  const known = error instanceof DarkroomError ? error : carouselFaultOf(error, `slides.${index}`)
  if (known !== undefined) return { code: known.code, message: known.message }
  context.log.error({ carousel: leased.row.id, slide: index, err: error }, 'a slide could not be made')
  return { code: 'internal', message: "The slide could not be made; the server's log says why." }
}

async function settleFailure(
  leased: LeasedCarousel,
  error: unknown,
  context: RunCarouselContext,
): Promise<void> {
  const { row } = leased
  if (error instanceof Interruption) {
    // A cancelled carousel has settled already, and a lost lease is another worker's now.
    if (error.kind === 'drain') await leased.requeue({ delayS: 0, isRetry: false })
    return
  }
  const known = error instanceof DarkroomError ? error : carouselFaultOf(error)
  // Neither the base's fault nor the slides': the next run may well succeed. Unknown faults may pass as well.
  const isOurs = known === undefined || known.code === 'storage_unavailable' || known.code === 'shutting_down'
  context.log.warn({ carousel: row.id, err: error }, 'carousel did not succeed')
  if (isOurs && row.retries < maxRetries) {
    await leased.requeue({ delayS: 2 ** row.retries, isRetry: true })
    return
  }
  const { url } = row.base
  await leased.fail(
    {
      code: known?.code ?? 'internal',
      message: known?.message ?? "The carousel could not be made; the server's log says why.",
    },
    url === undefined || row.base_hash !== null ? undefined : baseKeyOf(row.project, url),
  )
}

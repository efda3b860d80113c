import type { CarouselMaker } from '@darkroom/carousel'
import { whenDatabaseIsBack } from '../database/database-retry.ts'
import { DarkroomError } from '../errors.ts'
import type { DeadOwner, DeadQuery, RedriveSelection } from '../generation/dead-generations.ts'
import { isSettled } from '../generation/generation-row.ts'
import { markAnswered } from '../generation/idempotency.ts'
import type { Line } from '../generation/line.ts'
import type { AcceptContext } from '../generation/requests.ts'
import { createSettlementsOf } from '../generation/settlements.ts'
import type { SlideChange } from '../request/slide-change.ts'
import type { Objects } from '../storage/objects.ts'
import type { CarouselAcceptContext, CarouselOrder } from './accept-carousel.ts'
import { acceptCarousel } from './accept-carousel.ts'
import { cancelCarousel } from './cancel-carousel.ts'
import type { ArchiveKind, CarouselArchive } from './carousel-archive.ts'
import { archiveOf } from './carousel-archive.ts'
import type { CarouselEvent } from './carousel-events.ts'
import { readCarouselEvents } from './carousel-events.ts'
import type { CarouselListQuery, CarouselPage, CarouselWithSlides } from './carousel-record.ts'
import { listCarousels, withSlides } from './carousel-record.ts'
import { resumeAfterGeneration } from './carousel-recovery.ts'
import type { CarouselContext, CarouselRow } from './carousel-row.ts'
import { readCarousel } from './carousel-row.ts'
import type { DeadCarousel } from './dead-carousels.ts'
import { listDeadCarousels, redriveCarousels } from './dead-carousels.ts'
import type { ModelResolver, SlideAddress } from './edit-slide.ts'
import { changeSlide, retrySlide } from './edit-slide.ts'
import { carouselFaultOf } from './faults.ts'

/** Carousels, as the gateway uses them. */
export interface Carousels {
  /** What would be refused whatever the base is. @throws DarkroomError invalid_request, base_forbidden */
  check(order: UncheckedOrder): void
  /** Accepts a carousel durably. @throws DarkroomError idempotency_conflict, idempotency_mismatch */
  accept(order: CarouselOrder): Promise<AcceptedWithSlides>
  /** The idempotency key's first call has been answered. */
  answered(owner: string, key: string): Promise<void>
  /** @throws DarkroomError not_found */
  read(project: string, id: string): Promise<CarouselWithSlides>
  /** The carousel when all its slides have settled. @throws the signal's reason */
  settled(project: string, id: string, signal: AbortSignal): Promise<CarouselWithSlides>
  list(query: CarouselListQuery): Promise<CarouselPage>
  /** All slides in one file. @throws DarkroomError not_found, not_settled */
  archive(project: string, id: string, kind: ArchiveKind): Promise<CarouselArchive>
  /** @throws DarkroomError not_found, cancelled */
  change(address: SlideAddress, change: SlideChange, resolveModel: ModelResolver): Promise<Changed>
  /** @throws DarkroomError not_found, cancelled, already_settled */
  retry(address: SlideAddress, resolveModel: ModelResolver): Promise<Changed>
  /** @throws DarkroomError not_found, already_settled */
  cancel(project: string, id: string): Promise<void>
  /** Failed carousels that nothing tries again by itself, newest first. */
  dead(query: DeadQuery): Promise<DeadCarousel[]>
  /** Tries the failed slides of failed carousels again. @returns the ids of those that were queued */
  redrive(owner: DeadOwner, selection: RedriveSelection, resolveModel: ModelResolver): Promise<string[]>
  events(id: string, afterSeq: number): Promise<CarouselEvent[]>
  /** Called whenever an event of this carousel was written, or may have been missed. */
  onEvent(id: string, listener: () => void): () => void
  close(): void
}

/** What can be checked before a base is looked at. */
export interface UncheckedOrder extends Pick<CarouselOrder, 'slides' | 'design'> {
  /** URLs that will be fetched, by the name of their parameter. */
  urls: Readonly<Record<string, string>>
}

export type AcceptedWithSlides =
  | { kind: 'accepted'; carousel: CarouselWithSlides }
  | { kind: 'replayed'; carouselId: string }

export interface Changed {
  carousel: CarouselWithSlides
  /** Whether a run is needed for it. */
  changed: boolean
}

export interface CarouselsOptions extends CarouselContext {
  objects: Objects
  /** Where bases that are prompts are asked for. */
  generations: AcceptContext
  /** The line of carousels. */
  line: Line
  maker: Pick<CarouselMaker, 'make' | 'warm'>
  /** The door that URLs are checked at before anything is accepted. */
  outbound: { check(url: string): void }
}

/** A restart of the database takes about a second. */
const acceptedPatienceMs = 10_000

export function createCarousels(options: CarouselsOptions): Carousels {
  const { database, queue } = options
  const context: CarouselAcceptContext = options
  const settlements = createSettlementsOf<CarouselRow>({
    queue,
    read: (id) => database.selectFrom('carousels').selectAll().where('id', '=', id).executeTakeFirst(),
  })
  const bases = resumeWhenGenerated(options)
  let isWarm = false
  /** Fonts, faces and compiled code, once: while the first base travels or is drawn, and never for who makes none. */
  const warmBeside = (carousel: CarouselRow): void => {
    if (isWarm || carousel.base_hash !== null) return
    isWarm = true
    // What keeps it from being warm is met again, and told, by the slides.
    options.maker.warm().catch(() => {})
  }
  const complete = async (carousel: CarouselRow): Promise<CarouselWithSlides> => {
    const [found] = await withSlides(database, [carousel])
    if (found === undefined) throw new DarkroomError('not_found', 'There is no such carousel.')
    return found
  }
  const begun = async (carousel: CarouselRow): Promise<CarouselWithSlides> => {
    if (carousel.waits_for === 'generation') bases.watch(carousel.base_generation_id)
    // It is accepted: a database that restarts now is no reason to tell the caller that it is not.
    return await whenDatabaseIsBack(() => complete(carousel), AbortSignal.timeout(acceptedPatienceMs))
  }
  return {
    check: (order) => checkOrder(order, options),
    accept: async (order) => {
      const accepted = await acceptCarousel(order, context)
      if (accepted.kind === 'replayed') return accepted
      warmBeside(accepted.carousel)
      return { kind: 'accepted', carousel: await begun(accepted.carousel) }
    },
    answered: (owner, key) => markAnswered(database, owner, key),
    read: async (project, id) => await complete(await readCarousel(database, project, id)),
    settled: async (project, id, signal) => {
      const read = (): Promise<CarouselRow> =>
        whenDatabaseIsBack(() => readCarousel(database, project, id), signal)
      await read()
      for (;;) {
        await settlements.wait(id, signal)
        // Who waits may have joined one who read the record before this caller's change of it was committed.
        const row = await read()
        if (isSettled(row.status)) return await whenDatabaseIsBack(() => complete(row), signal)
      }
    },
    list: (query) => listCarousels(database, query),
    archive: async (project, id, kind) =>
      archiveOf(await complete(await readCarousel(database, project, id)), kind, options),
    change: async (address, change, resolveModel) => {
      const { carousel, changed } = await changeSlide(address, change, context, resolveModel)
      return { carousel: await begun(carousel), changed }
    },
    retry: async (address, resolveModel) => ({
      carousel: await begun(await retrySlide(address, context, resolveModel)),
      changed: true,
    }),
    cancel: (project, id) => cancelCarousel(context, project, id),
    dead: (query) => listDeadCarousels(options, query),
    redrive: async (owner, selection, resolveModel) => {
      const ids = await redriveCarousels(context, owner, selection, resolveModel)
      for (const id of ids) await begun(await readCarousel(database, owner.project, id))
      return ids
    },
    events: (id, afterSeq) => readCarouselEvents(database, id, afterSeq),
    onEvent: (id, listener) => {
      const undo = [
        queue.onAnnouncement(({ recordId }) => {
          if (recordId === id) listener()
        }),
        queue.onReconnect(listener),
      ]
      return () => {
        for (const forget of undo) forget()
      }
    },
    close: () => {
      bases.close()
      settlements.close()
    },
  }
}

function checkOrder({ slides, design, urls }: UncheckedOrder, options: CarouselsOptions): void {
  for (const [param, url] of Object.entries(urls)) {
    try {
      options.outbound.check(url)
    } catch (error) {
      throw carouselFaultOf(error, param) ?? error
    }
  }
  const { brand, widthPx, heightPx, format, quality, theme } = design
  const { logo: _, ...plainBrand } = brand
  try {
    // Nothing of it is run: the maker checks what it is given before anything else.
    options.maker.make({
      base: new Uint8Array(1),
      slides,
      size: { widthPx, heightPx },
      format,
      quality,
      theme,
      brand: plainBrand,
    })
  } catch (error) {
    throw carouselFaultOf(error) ?? error
  }
}

/**
 * Gives carousels a job when the generation they wait for has settled, if it settles while this process lives. For
 * all others the sweeper looks once a second.
 */
function resumeWhenGenerated(options: CarouselsOptions): {
  watch(generationId: string | null): void
  close(): void
} {
  const watched = new Set<string>()
  const resume = (generationId: string, hasSettled: boolean): void => {
    resumeAfterGeneration(options, generationId).then(
      (count) => {
        if (count > 0 || hasSettled) watched.delete(generationId)
      },
      // The database is away: the sweeper finds the carousel when it is back.
      () => {},
    )
  }
  const resumeAll = (): void => {
    for (const id of watched) resume(id, false)
  }
  const { queue } = options.generations
  const forget = [
    queue.onAnnouncement(({ recordId, type }) => {
      if (!watched.has(recordId)) return
      if (type === 'stored' || type === 'failed' || type === 'cancelled') resume(recordId, true)
    }),
    queue.onReconnect(resumeAll),
  ]
  return {
    watch: (generationId) => {
      if (generationId === null) return
      watched.add(generationId)
      // It may have settled between the commit and now.
      resume(generationId, false)
    },
    close: () => {
      for (const undo of forget) undo()
    },
  }
}

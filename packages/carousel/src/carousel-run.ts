import { fanOut } from '@darkroom/once'
import type { PictureFacts, PictureMark, SourceFormat } from '@darkroom/picture'
import { mediaTypeOf } from '@darkroom/picture'
import type { CarouselRequest } from './carousel-request.ts'
import type { Carousel, FinishedSlide, KnownPicture, SlideOutcome } from './carousel.ts'
import type { CheckedRequest } from './checked-request.ts'
import type { Frame } from './frame.ts'
import type { FrameLease } from './frames/frames.ts'
import { placeSlides } from './layout/place-slides.ts'
import type { Placement } from './layout/placement.ts'
import type { PreparedSlides } from './layout/prepare-slides.ts'
import { prepareSlides } from './layout/prepare-slides.ts'
import { renderSlide } from './render/render-slide.ts'
import type { Studio } from './studio.ts'
import type { CarouselWork, WorkDurations } from './work-counts.ts'
import { createWorkCounts } from './work-counts.ts'

/** What all slides of a carousel share: values, so that no slide can cause any of them to be made again. */
interface Shared {
  frame: Frame
  prepared: PreparedSlides
  placement: Placement
  facts: PictureFacts
}

/** One carousel being made. */
export class CarouselRun implements Carousel {
  readonly #studio: Studio
  readonly #request: CarouselRequest
  readonly #checked: CheckedRequest
  readonly #counts = createWorkCounts()
  #base: Promise<KnownPicture> | undefined
  #iterated = false

  constructor(studio: Studio, request: CarouselRequest, checked: CheckedRequest) {
    this.#studio = studio
    this.#request = request
    this.#checked = checked
  }

  get base(): Promise<KnownPicture> {
    if (this.#base === undefined) {
      this.#base = this.#fetchBase()
      // Whoever awaits it hears of it; nobody has to.
      this.#base.catch(() => undefined)
    }
    return this.#base
  }

  work(): CarouselWork {
    return this.#counts.snapshot()
  }

  durations(): WorkDurations {
    return this.#counts.durations()
  }

  /** @throws TypeError the second time */
  [Symbol.asyncIterator](): AsyncIterator<SlideOutcome, void, undefined> {
    if (this.#iterated) throw new TypeError('A carousel is iterated once: make another one')
    this.#iterated = true
    return this.#run()
  }

  async *#run(): AsyncGenerator<SlideOutcome, void, undefined> {
    const { bases, frames, fonts, concurrency } = this.#studio
    const { slides, size, only, domain, design } = this.#checked
    const { signal } = this.#request
    const sourcing = this.base
    // While the bytes travel.
    const prepared = await prepareSlides({ slides, size, ...design }, fonts)
    const base = await sourcing
    // oxlint-disable-next-line no-unused-vars -- held until the carousel ends
    using wanted = bases.want(base, domain, size)
    using held = await frames.get({ base, facts: base.facts, domain }, size, this.#counts, signal)
    const { frame } = held
    this.#recordShared(base, held, only.length - 1)
    const shared = { frame, prepared, placement: placeSlides(frame, prepared), facts: base.facts }
    const outcomes = fanOut(
      shared,
      only,
      (value, index, branch) => this.#slide(value, index, branch.signal),
      {
        concurrency,
        signal,
      },
    )
    for await (const outcome of outcomes) {
      yield { ...outcome, index: only[outcome.index] ?? outcome.index }
    }
  }

  /** To the ledger, what further slides did not have to do for themselves. */
  #recordShared(base: KnownPicture, { frame, costs }: FrameLease, furtherSlides: number): void {
    const spared = [
      ...(base.how === 'given'
        ? []
        : [{ kind: 'fetch', durationMs: base.durationMs, bytes: base.bytes.byteLength }]),
      { kind: 'decode', durationMs: costs.decodeMs, bytes: frame.data.byteLength },
      { kind: 'analyse', durationMs: costs.analyseMs },
      { kind: 'frame', durationMs: costs.frameMs },
    ]
    for (let slide = 0; slide < furtherSlides; slide += 1) {
      for (const entry of spared) this.#studio.ledger?.record({ ...entry, axis: 'slides', how: 'joined' })
    }
  }

  async #fetchBase(): Promise<KnownPicture> {
    const { source, bases } = this.#studio
    const { origin, domain } = this.#checked
    const base = await source.get(origin, { domain, signal: this.#request.signal })
    if (base.how !== 'given') this.#counts.add('fetches', base.how, base.durationMs)
    const facts = await bases.facts(base, domain)
    return { ...base, format: facts.format, mediaType: mediaTypeOfSource(facts.format), facts }
  }

  async #slide(shared: Shared, index: number, signal: AbortSignal): Promise<FinishedSlide> {
    const { encoder, pool } = this.#studio
    const { format, quality } = this.#checked
    const { frame, prepared, placement, facts } = shared
    signal.throwIfAborted()
    const buffer = pool.take(frame.data.length)
    try {
      const rendered = await this.#timed('overlays', 'overlay', async () =>
        renderSlide(frame, prepared, index, placement, buffer),
      )
      signal.throwIfAborted()
      const bytes = await this.#timed('encodes', 'encode', () =>
        encoder.encode(rendered, frame, { format, quality, mark: markOf(facts) }, signal),
      )
      const { widthPx, heightPx, fit } = rendered
      return { bytes, mediaType: mediaTypeOf(format), format, widthPx, heightPx, fit }
    } finally {
      pool.give(buffer)
    }
  }

  /** Work that is nobody else's: counted, never shared. */
  async #timed<T>(kind: 'overlays' | 'encodes', unitKind: string, work: () => Promise<T>): Promise<T> {
    const startedAtMs = performance.now()
    let failed = true
    try {
      const made = await work()
      failed = false
      return made
    } finally {
      const durationMs = performance.now() - startedAtMs
      this.#counts.add(kind, 'ran', durationMs)
      this.#studio.ledger?.record({ kind: unitKind, axis: 'slides', how: 'ran', durationMs, failed })
    }
  }
}

/** How the base came to be, where it says so. */
function markOf({ digitalSourceType, creatorTool }: PictureFacts): PictureMark | undefined {
  if (digitalSourceType === undefined) return undefined
  return { digitalSourceType, ...(creatorTool !== undefined && { creatorTool }) }
}

function mediaTypeOfSource(format: SourceFormat): string {
  return format === 'gif' || format === 'tiff' ? `image/${format}` : mediaTypeOf(format)
}

import type { LedgerWriter } from '@darkroom/once'
import type { FaceFinder } from './analyse/analyse-base.ts'
import { createAnalysedBases } from './analyse/analysed-bases.ts'
import { findFaces, warmFaces } from './analyse/faces/find-faces.ts'
import { CarouselError } from './carousel-error.ts'
import type { CarouselRequest } from './carousel-request.ts'
import type { Carousel } from './carousel.ts'
import { CarouselRun } from './carousel-run.ts'
import { checkedRequest } from './checked-request.ts'
import { createDecodedBases } from './decode/decoded-bases.ts'
import { createSharpEncoder } from './encode/sharp-encoder.ts'
import type { SlideEncoder } from './encode/slide-encoder.ts'
import { createFrames } from './frames/frames.ts'
import { createPixelPool } from './render/pixel-pool.ts'
import type { BaseSourceOptions } from './source/base-source.ts'
import { createBaseSource } from './source/base-source.ts'
import type { Studio } from './studio.ts'
import type { Fonts } from './text/fonts.ts'
import { createFonts } from './text/fonts.ts'
import { warmUp } from './warm-up.ts'

/** How a maker is set up. Several makers in a process share nothing. */
export interface CarouselMakerOptions extends BaseSourceOptions {
  /** Of a base, as its header declares them. Default 64 mebipixels (8192 × 8192). */
  maxPixels?: number | undefined
  /** Pixels and grids kept between uses; what is in use comes on top. Default 96 MiB. */
  maxKeptBytes?: number | undefined
  /** Slides of one carousel under way at a time: each holds about 10 bytes a pixel. Default 3. */
  concurrency?: number | undefined
  /** Default: the network of `analyse/faces`, 12 ms a base. `false`: placement goes by skin and saliency alone. */
  findFaces?: FaceFinder | false | undefined
  /** Default: every slide encoded whole, by sharp. */
  encoder?: SlideEncoder | undefined
  ledger?: LedgerWriter | undefined
}

/** Makes carousels, sharing work between them. */
export interface CarouselMaker {
  /**
   * Checks a request; nothing is fetched or made before the carousel is iterated or its base asked for.
   * @throws CarouselError naming the parameter
   */
  make(request: CarouselRequest): Carousel
  /** Makes a small carousel of noise, so that the first real one is not the slow one. */
  warm(): Promise<void>
  /** Pixels that are kept or in use. */
  readonly pixels: { readonly buffers: number; readonly keptBytes: number }
  /** Makes nothing new and drops what is kept. Carousels under way end by themselves; their fetches are cut off. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * @example
 * const maker = createCarouselMaker({ ledger })
 * for await (const slide of maker.make({ base: 'https://example.com/photo.jpg', slides })) {
 *   if (slide.status === 'fulfilled') await save(slide.index, slide.value.bytes)
 * }
 * @throws RangeError for a concurrency that is no whole number from 1
 */
export function createCarouselMaker(options: CarouselMakerOptions = {}): CarouselMaker {
  return makerWith(options, createFonts())
}

function makerWith(options: CarouselMakerOptions, fonts: Fonts): CarouselMaker {
  const studio = studioOf(options, fonts)
  let closed = false
  const close = async (): Promise<void> => {
    closed = true
    studio.frames.clear()
    studio.bases.clear()
    studio.analyses.clear()
    await studio.source.close()
  }
  return {
    make: (request) => {
      if (closed)
        throw new CarouselError('CLOSED', 'No carousels are made any more: this process is stopping.')
      return new CarouselRun(studio, request, checkedRequest(request))
    },
    warm: async () => {
      if (options.findFaces === undefined) await warmFaces()
      fonts.warm()
      await warmUp(makerWith({ ...options, ledger: undefined, maxKeptBytes: 0 }, fonts))
    },
    get pixels() {
      return {
        buffers: studio.bases.live + studio.frames.live,
        keptBytes: studio.bases.bytes + studio.frames.bytes,
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const defaultMaxKeptBytes = 96 * 1024 * 1024

/** Three slides of 1080 × 1350: those of one carousel under way. */
const maxPooledBytes = 16 * 1024 * 1024

function studioOf(options: CarouselMakerOptions, fonts: Fonts): Studio {
  const { maxKeptBytes = defaultMaxKeptBytes, maxPixels, ledger, concurrency = 3 } = options
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency is ${concurrency}, not a whole number from 1`)
  }
  // Most frames are their base's own pixels, and grids are small.
  const share = (part: number): number => Math.floor(maxKeptBytes * part)
  const bases = createDecodedBases({ maxBytes: share(0.5), maxPixels, ledger })
  const analyses = createAnalysedBases({
    maxBytes: share(0.1),
    findFaces: options.findFaces === false ? undefined : (options.findFaces ?? findFaces),
    ledger,
  })
  return {
    source: createBaseSource(options),
    bases,
    analyses,
    frames: createFrames({ bases, analyses, maxBytes: share(0.4), ledger }),
    fonts,
    encoder: options.encoder ?? createSharpEncoder(),
    pool: createPixelPool(maxPooledBytes),
    concurrency,
    ledger,
  }
}

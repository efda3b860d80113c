import type { Carousel, CarouselMaker, CarouselWork, KnownPicture, SlideSize } from '@darkroom/carousel'
import { slideFailure, slideFileName } from '@darkroom/carousel'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { CarouselDesign } from './carousel-design.ts'
import { nameOfSize } from './carousel-design.ts'
import { fitNotes } from './fit-notes.ts'
import type { MadeSlide } from './made-slides.ts'
import type { Progress } from './progress.ts'
import { writeWhole } from './write-file.ts'

/** A folder of slides of one size. */
export interface MadeSize {
  size: SlideSize
  folder: string
  slides: MadeSlide[]
}

/** Where slides go and who hears of them. */
export interface Making {
  maker: CarouselMaker
  base: Uint8Array | string
  design: CarouselDesign
  /** One size stands in it, several in a folder each. */
  output: string
  progress: Progress
  signal: AbortSignal
}

/** All that was made, and what it took; also when it was broken off. */
export interface Made {
  sizes: MadeSize[]
  base: KnownPicture | undefined
  works: CarouselWork[]
  /** Why nothing more was made. */
  error: unknown
}

/**
 * Makes every size of a carousel at once, so that they share the base, and writes each slide as it is finished.
 * @throws CarouselError for a request that is wrong, before anything is fetched
 */
export async function makeSlides(making: Making): Promise<Made> {
  const { maker, base, design, output } = making
  const { slides, sizes, format, quality, theme, brand } = design
  const broken = new AbortController()
  const signal = AbortSignal.any([making.signal, broken.signal])
  const carousels = sizes.map((size) =>
    maker.make({ base, slides, size, format, quality, theme, brand, signal }),
  )
  const made = sizes.map((size) => ({
    size,
    folder: sizes.length === 1 ? output : join(output, nameOfSize(size)),
    slides: [],
  }))
  let error: unknown
  await Promise.all(
    carousels.map(async (carousel, index) => {
      try {
        await writeSlides(carousel, made[index] as MadeSize, { ...making, signal })
      } catch (reason) {
        error ??= reason
        broken.abort(reason)
      }
    }),
  )
  const [first] = carousels
  return {
    sizes: made,
    base: await first?.base.catch(() => undefined),
    works: carousels.map((carousel) => carousel.work()),
    error,
  }
}

async function writeSlides(carousel: Carousel, made: MadeSize, making: Making): Promise<void> {
  const { design, progress, signal } = making
  const { size, folder } = made
  const several = design.sizes.length > 1 ? `${nameOfSize(size)} ` : ''
  for await (const outcome of carousel) {
    const { index } = outcome
    const text = design.slides[index]
    if (text === undefined) continue
    if (outcome.status === 'rejected') {
      // Not its own fault: whoever stopped it says why.
      signal.throwIfAborted()
      const error = slideFailure(outcome.reason)
      made.slides.push({ index, text, size, status: 'failed', error })
      progress.note(`${several}slide ${index + 1} (${text.kind}) failed: ${error.message}`)
      continue
    }
    const { bytes, format, fit } = outcome.value
    if (made.slides.every(({ status }) => status === 'failed')) await mkdir(folder, { recursive: true })
    const file = join(folder, slideFileName(index, text.kind, format))
    await writeWhole(file, bytes, signal)
    made.slides.push({ index, text, size, status: 'done', file, format, bytes: bytes.byteLength, fit })
    progress.step(`${file}  ${nameOfSize(size)}  ${Math.ceil(bytes.byteLength / 1024)} KB`)
    for (const note of fitNotes(fit)) progress.note(`note: ${several}slide ${index + 1}: ${note}`)
  }
}

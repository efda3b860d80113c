import type {
  ArchiveSlide,
  SlideFailure,
  SlideFit,
  SlideFormat,
  SlideSize,
  SlideText,
} from '@darkroom/carousel'
import { readFile } from 'node:fs/promises'

/** How one slide of one size ended. */
export type MadeSlide = { index: number; text: SlideText; size: SlideSize } & (
  | { status: 'done'; file: string; format: SlideFormat; bytes: number; fit: SlideFit }
  | { status: 'failed'; error: SlideFailure }
)

/** The slides for an archive, in their order, each read back when it is its turn. */
export async function* archiveSlides(made: readonly MadeSlide[]): AsyncGenerator<ArchiveSlide> {
  for (const slide of made.toSorted((a, b) => a.index - b.index)) {
    const { index, text, size } = slide
    if (slide.status === 'failed') {
      yield { index, text, status: 'rejected', error: slide.error }
    } else {
      const { file, format, fit } = slide
      const bytes = await readFile(file)
      yield { index, text, status: 'fulfilled', value: { bytes, format, fit, ...size } }
    }
  }
}

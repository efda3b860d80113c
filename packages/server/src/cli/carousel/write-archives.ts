import { pdfCarousel, zipCarousel } from '@darkroom/carousel'
import type { CarouselWork } from '@darkroom/carousel'
import { join } from 'node:path'
import { archiveSlides } from './made-slides.ts'
import type { MadeSize } from './make-slides.ts'
import { writeWhole } from './write-file.ts'

/** What is written beside the slides of a size. */
export interface ArchiveOptions {
  zip: boolean
  pdf: boolean
  theme: string | undefined
  baseHash: string | undefined
  signal: AbortSignal
}

/**
 * Writes `carousel.zip` and `carousel.pdf` into the folder of a size of which at least one slide was made.
 * @returns the files
 * @throws what the file system throws, or the reason of the signal
 */
export async function writeArchives(
  { size, folder, slides }: MadeSize,
  work: CarouselWork | undefined,
  { zip, pdf, theme, baseHash, signal }: ArchiveOptions,
): Promise<string[]> {
  const files: string[] = []
  if (slides.every(({ status }) => status === 'failed')) return files
  if (zip) {
    const file = join(folder, 'carousel.zip')
    await writeWhole(
      file,
      zipCarousel({ slides: archiveSlides(slides), size, theme, baseHash, work }),
      signal,
    )
    files.push(file)
  }
  if (pdf) {
    const file = join(folder, 'carousel.pdf')
    await writeWhole(file, pdfCarousel({ slides: archiveSlides(slides) }), signal)
    files.push(file)
  }
  return files
}

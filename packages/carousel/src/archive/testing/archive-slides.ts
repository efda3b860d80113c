import sharp from 'sharp'
import type { SlideFormat } from '../../carousel-request.ts'
import type { SlideFit, SlideKind } from '../../slide.ts'
import type { ArchiveSlide } from '../archive-slide.ts'

const kinds: readonly SlideKind[] = ['hook', 'credibility', 'point', 'cta']

const fit: SlideFit = {
  fits: true,
  fontSizePx: 96,
  lines: 2,
  truncated: false,
  missingGlyphs: [],
  contrastRatio: 7.2,
  region: { leftPx: 64, topPx: 800, widthPx: 900, heightPx: 300 },
}

/** Slides of 240 × 300, each of another grey, with titles in several scripts. */
export async function archiveSlides(count: number, format: SlideFormat = 'jpeg'): Promise<ArchiveSlide[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const bytes = await sharp({
        create: { width: 240, height: 300, channels: 3, background: greyOf(index) },
      })
        .toFormat(format, { quality: 90 })
        .toBuffer()
      const kind = kinds[index % kinds.length] ?? 'point'
      return {
        index,
        text: { kind, title: `**Größe** مرحبا ${index}`, body: 'Zwei 😀' },
        status: 'fulfilled' as const,
        value: { bytes, format, widthPx: 240, heightPx: 300, fit },
      }
    }),
  )
}

/** The one that could not be made. */
export function failedSlide(index: number): ArchiveSlide {
  return {
    index,
    text: { kind: 'point', title: 'Never made' },
    status: 'rejected',
    error: { code: 'FONT_INVALID', message: 'The font file cannot be used.' },
  }
}

function greyOf(index: number): { r: number; g: number; b: number } {
  const level = 40 + 20 * index
  return { r: level, g: level, b: level }
}

/** All bytes of a stream. */
export async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

import type { CarouselWork, KnownPicture, WorkCount, WorkKind } from '@darkroom/carousel'
import type { MadeSlide } from './made-slides.ts'

/** What `--json` prints: names as in the API's record of a carousel. */
export interface CarouselDocument {
  status: 'done' | 'failed' | 'cancelled'
  base: { sha256: string; mediaType: string; width: number; height: number; bytes: number }
  slides: object[]
  archives: string[]
  /** Units that ran, whatever the number of slides and sizes. */
  work: Record<string, number>
  /** How each need of a unit was met, over all sizes. */
  workDetail: Record<string, WorkCount>
}

export function carouselDocument(
  status: CarouselDocument['status'],
  base: KnownPicture,
  slides: readonly MadeSlide[],
  archives: string[],
  works: readonly CarouselWork[],
): CarouselDocument {
  const detail = sumOf(works)
  const { widthPx, heightPx } = base.facts
  return {
    status,
    base: {
      sha256: base.hash,
      mediaType: base.mediaType,
      width: widthPx,
      height: heightPx,
      bytes: base.bytes.byteLength,
    },
    slides: slides.map(slideRecord),
    archives,
    work: Object.fromEntries(Object.entries(detail).map(([kind, { ran }]) => [kind, ran])),
    workDetail: detail,
  }
}

function slideRecord(slide: MadeSlide): object {
  const { index, text, size } = slide
  const said = { index, kind: text.kind, status: slide.status, width: size.widthPx, height: size.heightPx }
  if (slide.status === 'failed') return { ...said, error: slide.error }
  return { ...said, file: slide.file, bytes: slide.bytes, fit: slide.fit }
}

/** The work of several sizes of one carousel together. */
export function sumOf(works: readonly CarouselWork[]): Record<WorkKind, WorkCount> {
  const kinds: readonly WorkKind[] = ['fetches', 'decodes', 'analyses', 'frames', 'overlays', 'encodes']
  const total = (kind: WorkKind, how: keyof WorkCount): number =>
    works.reduce((sum, work) => sum + work[kind][how], 0)
  return Object.fromEntries(
    kinds.map((kind) => [
      kind,
      { ran: total(kind, 'ran'), joined: total(kind, 'joined'), cached: total(kind, 'cached') },
    ]),
  ) as Record<WorkKind, WorkCount>
}

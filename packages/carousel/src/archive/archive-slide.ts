import { extensionOf, PictureError } from '@darkroom/picture'
import { CarouselError } from '../carousel-error.ts'
import type { SlideFormat, SlideSize } from '../carousel-request.ts'
import type { SlideFit, SlideKind, SlideText } from '../slide.ts'

/** A slide as a file holds it. What a carousel yields fits, and so does what was stored of it. */
export interface ArchivedPicture extends SlideSize {
  bytes: Uint8Array
  format: SlideFormat
  fit: SlideFit
}

/** Why a slide is missing, in words that a user may see. */
export interface SlideFailure {
  /** A code of `CarouselError` or `PictureError`; `INTERNAL` for anything else. */
  code: string
  message: string
}

/** One slide of a carousel that is put into an archive: its text, and the picture or why there is none. */
export type ArchiveSlide = { index: number; text: SlideText } & (
  | { status: 'fulfilled'; value: ArchivedPicture }
  | { status: 'rejected'; error: SlideFailure }
)

/** A carousel to be archived, its slides in their order. Slides may be read from disk one by one. */
export interface ArchivedCarousel {
  slides: Iterable<ArchiveSlide> | AsyncIterable<ArchiveSlide>
}

/** `01-hook.jpg`: sorts as the slides are shown. */
export function slideFileName(index: number, kind: SlideKind, format: SlideFormat): string {
  return `${String(index + 1).padStart(2, '0')}-${kind}.${extensionOf(format)}`
}

/** What may be told of a slide's error: messages of our own errors are written for users, others are not. */
export function slideFailure(reason: unknown): SlideFailure {
  if (reason instanceof CarouselError || reason instanceof PictureError) {
    return { code: reason.code, message: reason.message }
  }
  return { code: 'INTERNAL', message: 'The slide could not be made.' }
}

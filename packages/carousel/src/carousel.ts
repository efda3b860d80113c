import type { PictureFacts, SourceFormat } from '@darkroom/picture'
import type { SlideFormat } from './carousel-request.ts'
import type { SlideFit } from './slide.ts'
import type { SourcedBase } from './source/sourced-base.ts'
import type { CarouselWork, WorkDurations } from './work-counts.ts'

/** One slide as a file. */
export interface FinishedSlide {
  bytes: Uint8Array
  /** `image/jpeg`… */
  mediaType: string
  format: SlideFormat
  widthPx: number
  heightPx: number
  fit: SlideFit
}

/** How one slide ended, and which it was: its place in the request's `slides`, from 0. */
export type SlideOutcome = { index: number } & PromiseSettledResult<FinishedSlide>

/** A base that is known to be a picture, as its file's structure shows; its pixels may still be damaged. */
export interface KnownPicture extends SourcedBase {
  format: SourceFormat
  /** By its first bytes, whatever a host called it: `image/jpeg`… */
  mediaType: string
  facts: PictureFacts
}

/**
 * Slides, each as it is finished. Iterating starts the work and can be done once. A slide that fails is a rejected
 * outcome; what concerns all of them (the base, the design, an abort before they began) is thrown.
 * Leaving the loop early ends the work and gives back the pixels.
 */
export interface Carousel extends AsyncIterable<SlideOutcome> {
  /**
   * The base, as soon as its bytes are there: to store it while slides are made. Asking for it starts the fetch.
   * @throws CarouselError, OutboundError, PictureError for a base that cannot be used
   */
  readonly base: Promise<KnownPicture>
  /** What has been done so far; all of it after the last slide. */
  work(): CarouselWork
  /** How long the runs of it took. */
  durations(): WorkDurations
}

import type { SlideRow, CarouselRow } from './carousel-row.ts'
import type { StoredWork } from '../database/schema.ts'
import type { ErrorCode } from '../errors.ts'
import type { GenerationRow } from '../generation/generation-row.ts'
import type { UploadedObject } from '../generation/image-rows.ts'
import type { BaseClaim } from './base-claims.ts'

/**
 * What a worker does to the carousel it leased. Steps on the carousel are fenced by its lease, steps on a slide by
 * the claim on it; all wait for a database that restarts, and find what they have done when their answer was lost.
 */
export interface LeasedCarousel {
  readonly row: CarouselRow
  /** What the carousel has needed so far, this run included. */
  readonly work: StoredWork
  /** Adds what a stretch of this run needs; called again, it replaces what was said of that stretch. */
  count(stretch: symbol, units: StoredWork): void
  /** The generation that the base is. */
  readGeneration(): Promise<GenerationRow | undefined>
  /** Claims the fetch of the base. `waiting`: another carousel fetches it, and this run is over. */
  claimBase(key: string): Promise<BaseClaim>
  /** The base is here: for this carousel and for all that wait for the same fetch. @returns false: lease lost */
  storeBase(base: StoredBase): Promise<boolean>
  storeLogo(logo: StoredBase): Promise<boolean>
  /** Claims the slides that are still to come. `undefined`: the lease is lost. */
  claimSlides(
    keysOf: (slides: readonly SlideRow[]) => ReadonlyMap<number, string>,
  ): Promise<Claimed | undefined>
  /** @returns false when the slide is no longer this carousel's to make */
  storeSlide(slide: StoredSlide): Promise<boolean>
  failSlide(key: string, failure: CarouselFailure): Promise<boolean>
  /**
   * `ended`: the carousel has settled, waits for slides that others make, or is no longer this run's. `more`: slides
   * were changed or handed over meanwhile.
   */
  finish(): Promise<'ended' | 'more'>
  /** The carousel fails as a whole, with all slides that are still to come. */
  fail(failure: CarouselFailure, baseKey?: string): Promise<boolean>
  /** Hands the carousel back to the queue, to be run again. */
  requeue(reason: { delayS: number; isRetry: boolean }): Promise<boolean>
}

export interface CarouselFailure {
  code: ErrorCode
  message: string
}

/** A base or logo that was fetched, or the picture that a generation made. */
export interface StoredBase {
  objectHash: string
  how: 'ran' | 'joined' | 'cached' | undefined
  /** The picture that it is already; else it is stored as an upload is. */
  image: { id: string } | (Omit<UploadedObject, 'objectHash' | 'project'> & { put: () => Promise<void> })
}

export interface StoredSlide {
  key: string
  objectHash: string
  format: string
  widthPx: number
  heightPx: number
  bytes: number
  fit: Record<string, unknown>
  /** Puts the bytes; called under the lock that keeps a takedown of the same bytes away. */
  put: () => Promise<void>
}

/** What a run has to do. */
export interface Claimed {
  slides: readonly SlideRow[]
  /** Slides that this run makes: index → key. */
  mine: ReadonlyMap<number, string>
  /** Slides that others make at present, or have made. */
  others: { joined: number; cached: number }
  /** Some of them were changed or are tried again. */
  isEdited: boolean
}

import type { Brand } from './layout/brand.ts'
import type { Theme } from './layout/theme.ts'
import type { SlideText } from './slide.ts'

/** What slides can be encoded as. */
export type SlideFormat = 'jpeg' | 'png' | 'webp' | 'avif'

/** Sides in pixels. */
export interface SlideSize {
  widthPx: number
  heightPx: number
}

/** Where a base comes from: bytes in hand, a path, an `http(s)://` URL. */
export type BaseInput = Uint8Array | string | URL

/** One carousel, as it is asked for. */
export interface CarouselRequest {
  base: BaseInput
  /** 2–20. */
  slides: readonly SlideText[]
  /** Default 1080 × 1350. */
  size?: SlideSize | undefined
  /** Default `jpeg`. */
  format?: SlideFormat | undefined
  /** 1–100. Default: what looks good in that format. */
  quality?: number | undefined
  /** A theme by name or of your own. Default: the first of `themes`. */
  theme?: string | Theme | undefined
  brand?: Brand | undefined
  /** Make only the slides of these indexes, exactly as they would be in the whole carousel: a retry, an edit. */
  only?: readonly number[] | undefined
  /** The sharing domain: work of two domains never meets. Default `default`. */
  domain?: string | undefined
  signal?: AbortSignal | undefined
}

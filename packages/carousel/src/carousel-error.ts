/**
 * What can be wrong with a carousel. Match on it, never on a message. What outbound and picture throw is passed
 * on as it is (`OutboundError`, `PictureError`).
 *
 * - `SLIDES_INVALID`, `SLIDE_INVALID`, `SIZE_INVALID`, `THEME_UNKNOWN`, `BRAND_INVALID`, `FORMAT_INVALID`,
 *   `BASE_INVALID`: the request; nothing was fetched. `BASE_INVALID` is also a path without a readable file.
 * - `BASE_TOO_LARGE`: more bytes than the maker's limit; nothing was decoded.
 * - `BASE_TOO_SMALL`: the base has too few pixels to be shown.
 * - `FONT_INVALID`: a font file that cannot be used.
 * - `ARCHIVE_EMPTY`: a PDF of a carousel of which no slide was made.
 * - `CLOSED`: the maker was closed.
 */
export type CarouselErrorCode =
  | 'SLIDES_INVALID'
  | 'SLIDE_INVALID'
  | 'SIZE_INVALID'
  | 'THEME_UNKNOWN'
  | 'BRAND_INVALID'
  | 'FORMAT_INVALID'
  | 'BASE_INVALID'
  | 'BASE_TOO_LARGE'
  | 'BASE_TOO_SMALL'
  | 'FONT_INVALID'
  | 'ARCHIVE_EMPTY'
  | 'CLOSED'

/** Says what to change, in words that a user may see. */
export class CarouselError extends Error {
  override readonly name = 'CarouselError'
  readonly code: CarouselErrorCode
  /** Where in the request, as `slides[2].title`. */
  readonly param: string | undefined

  constructor(
    code: CarouselErrorCode,
    message: string,
    options: { param?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.param = options.param
  }
}

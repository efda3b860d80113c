/**
 * What can be wrong with a picture or with what is asked of it. Match on it, never on a message.
 *
 * - `NOT_AN_IMAGE`: the bytes are in none of the formats that are read here (`SourceFormat`).
 * - `IMAGE_TOO_LARGE`: the header declares more pixels than the limit; nothing was decoded.
 * - `TRUNCATED`: the file ends before its picture does.
 * - `DECODE_FAILED`: the file has its length but not its content: damaged, or lying about itself.
 * - `UNSUPPORTED_FORMAT`: a picture, but this operation cannot be done on its format.
 * - `UNSUPPORTED_VARIANT`: no such variant can be made: a side, area or quality out of range.
 */
export type PictureErrorCode =
  | 'NOT_AN_IMAGE'
  | 'IMAGE_TOO_LARGE'
  | 'TRUNCATED'
  | 'DECODE_FAILED'
  | 'UNSUPPORTED_FORMAT'
  | 'UNSUPPORTED_VARIANT'

/** The one error class of this package. */
export class PictureError extends Error {
  override readonly name = 'PictureError'
  readonly code: PictureErrorCode

  constructor(code: PictureErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

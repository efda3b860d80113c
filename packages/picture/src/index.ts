export { decodeError, defaultMaxPixels, openSource, turns } from './codec.ts'
export type { DigitalSourceType } from './digital-source-type.ts'
export { digitalSourceTypes, uriOfDigitalSourceType } from './digital-source-type.ts'
export { defaultQuality, encoderVersion } from './encoder.ts'
export type { PixelSize } from './fit-geometry.ts'
export type { PictureFacts, PictureLimits } from './inspect-picture.ts'
export { inspectPicture, verifyPicture } from './inspect-picture.ts'
export type { PlaceholderSpec } from './make-placeholder.ts'
export { makePlaceholder } from './make-placeholder.ts'
export type { MadeVariant, MakeVariantOptions } from './make-variant.ts'
export { makeVariant } from './make-variant.ts'
export { markPicture, stripMetadata } from './mark-picture.ts'
export { negotiateFormat } from './negotiate-format.ts'
export type { PictureErrorCode } from './picture-error.ts'
export { PictureError } from './picture-error.ts'
export type { PictureFormat, SourceFormat } from './picture-format.ts'
export {
  extensionOf,
  formatOfExtension,
  formatOfMediaType,
  mediaTypeOf,
  pictureFormats,
} from './picture-format.ts'
export { sniffFormat } from './sniff-format.ts'
export type { Turns } from './turns.ts'
export type { AskedVariant, Fit, VariantSource, VariantSpec } from './variant-spec.ts'
export { isSourceItself, resolveVariant, variantKey } from './variant-spec.ts'
export type { PictureMark } from './xmp.ts'
export { readDigitalSourceType, readMark, writeXmp } from './xmp.ts'

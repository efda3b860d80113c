/** A format in which pictures are delivered. */
export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'avif'

/** A format in which pictures are read. */
export type SourceFormat = PictureFormat | 'gif' | 'tiff'

interface FormatNames {
  mediaType: string
  extension: 'jpg' | 'png' | 'webp' | 'avif'
}

const namesOf = {
  jpeg: { mediaType: 'image/jpeg', extension: 'jpg' },
  png: { mediaType: 'image/png', extension: 'png' },
  webp: { mediaType: 'image/webp', extension: 'webp' },
  avif: { mediaType: 'image/avif', extension: 'avif' },
} as const satisfies Record<PictureFormat, FormatNames>

/** Every format of delivery. */
export const pictureFormats: readonly PictureFormat[] = ['jpeg', 'png', 'webp', 'avif']

/** The registered media type, e.g. `image/jpeg` (IANA). */
export function mediaTypeOf(format: PictureFormat): string {
  return namesOf[format].mediaType
}

/**
 * The format of a media type, whatever its case and parameters (RFC 9110 §8.3.1); `undefined` for any other.
 * `image/jpg` is no registered type, but servers and clients say it often enough to understand it.
 */
export function formatOfMediaType(mediaType: string): PictureFormat | undefined {
  const bare = mediaType.split(';', 1)[0]?.trim().toLowerCase()
  if (bare === 'image/jpg') return 'jpeg'
  return pictureFormats.find((format) => mediaTypeOf(format) === bare)
}

/** The extension without its dot; JPEG's is `jpg`. */
export function extensionOf(format: PictureFormat): 'jpg' | 'png' | 'webp' | 'avif' {
  return namesOf[format].extension
}

/** The format of an extension without its dot, whatever its case; `jpg` and `jpeg` are one. */
export function formatOfExtension(extension: string): PictureFormat | undefined {
  const lower = extension.toLowerCase()
  if (lower === 'jpeg') return 'jpeg'
  return pictureFormats.find((format) => extensionOf(format) === lower)
}

/** The media type of a `Content-Type` header without parameters, in lower case; none is unknown bytes (RFC 9110 §8.3). */
export function mediaTypeOf(contentType: string | undefined): string {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return /^[\w.+!#$&^-]+\/[\w.+!#$&^-]+$/u.test(type) ? type : 'application/octet-stream'
}

/** Is a media type one of these ranges: one type, all of a family, or all? */
export function isAccepted(mediaType: string, accept: readonly string[]): boolean {
  const [family = ''] = mediaType.split('/')
  return accept.some((range) => range === mediaType || range === `${family}/*` || range === '*/*')
}

/**
 * Media ranges in one spelling and order, so that equal asks have one key.
 * @throws RangeError naming what is no media range
 */
export function normalAccept(accept: readonly string[]): readonly string[] {
  const ranges = accept.map((range) => range.trim().toLowerCase())
  const wrong = ranges.find((range) => !/^(?:\*\/\*|[\w.+-]+\/(?:\*|[\w.+-]+))$/u.test(range))
  if (wrong !== undefined || ranges.length === 0) throw new RangeError(`${wrong ?? '[]'} is no media range`)
  return [...new Set(ranges)].toSorted()
}

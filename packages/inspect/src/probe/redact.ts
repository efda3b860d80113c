const secretName =
  /token|key|secret|sig|auth|pass|pwd|session|sid|code|credential|jwt|bearer|policy|hmac|otp|x-amz-|x-goog-|hash/iu
const redacted = '…'

/**
 * A URL as it may be printed: without user and password, and without the values of query parameters and the path
 * segments that look like secrets.
 */
export function printableUrl(text: string): string {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return '(a URL that cannot be read)'
  }
  const path = url.pathname
    .split('/')
    .map((segment) => (isSecretSegment(segment) ? redacted : segment))
    .join('/')
  const query = [...url.searchParams].map(
    ([name, value]) =>
      `${isOpaque(name) ? redacted : name}=${secretName.test(name) || isOpaque(value) ? redacted : value}`,
  )
  return `${url.origin}${path}${query.length === 0 ? '' : `?${query.join('&')}`}`
}

/** Long and without words: tokens, signatures, identifiers of sessions. */
function isOpaque(value: string): boolean {
  if (value.length > 60) return true
  return value.length >= 16 && /^[\w+/=.~:%-]+$/u.test(value) && /\d/u.test(value)
}

/** Content hashes in lower-case hexadecimal are names of files, not secrets. */
function isSecretSegment(segment: string): boolean {
  if (segment.startsWith('eyJ') || /^bot\d+:/u.test(segment)) return true
  const stem = segment.replace(/\.[a-z0-9]{2,5}$/iu, '')
  return stem.length >= 20 && /[a-z]/u.test(stem) && /[A-Z]/u.test(stem) && /\d/u.test(stem)
}

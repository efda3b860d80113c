/** The longest side of a preview. */
export const maxPreviewSidePx = 256

/** At most two previews a second of one run. */
export const minPreviewIntervalMs = 500

/**
 * Lets a preview pass when the last one is long enough ago. Ask before a server's preview is decoded: most of the
 * cost is there.
 * @param now a monotonic clock in milliseconds
 * @example const mayPreview = createPreviewThrottle(now); if (mayPreview()) yield await smallPreviewOf(bytes)
 */
export function createPreviewThrottle(now: () => number = () => performance.now()): () => boolean {
  let lastAt = Number.NEGATIVE_INFINITY
  return () => {
    if (now() - lastAt < minPreviewIntervalMs) return false
    lastAt = now()
    return true
  }
}

import type { TargetSize } from './resize-pixels.ts'

/** Sizes as they are shown of sizes as they are stored, and back: from 5 on a picture lies on its side. */
export function turnSize({ widthPx, heightPx }: TargetSize, orientation: number): TargetSize {
  return orientation > 4 ? { widthPx: heightPx, heightPx: widthPx } : { widthPx, heightPx }
}

/**
 * Turns pixels as they are stored into pixels as they are shown.
 * @param stored RGBA
 * @param size of `stored`
 * @param orientation EXIF's, 1 to 8
 */
export function turnPixels(
  stored: Uint8ClampedArray<ArrayBuffer>,
  { widthPx, heightPx }: TargetSize,
  orientation: number,
): Uint8ClampedArray<ArrayBuffer> {
  if (orientation === 1) return stored
  // The pixel shown first is stored in one of the four corners; from there rows are read on, or columns.
  const isRight = [2, 3, 7, 8].includes(orientation)
  const isBelow = [3, 4, 6, 7].includes(orientation)
  const along = isRight ? -1 : 1
  const down = isBelow ? -widthPx : widthPx
  const [nextPixel, nextRow] = orientation > 4 ? [down, along] : [along, down]
  const source = new Uint32Array(stored.buffer)
  const shown = new Uint32Array(source.length)
  const { widthPx: shownPx } = turnSize({ widthPx, heightPx }, orientation)
  let start = (isRight ? widthPx - 1 : 0) + (isBelow ? widthPx * (heightPx - 1) : 0)
  for (let at = 0; at < shown.length; start += nextRow) {
    let from = start
    for (const end = at + shownPx; at < end; from += nextPixel) shown[at++] = source[from] ?? 0
  }
  return new Uint8ClampedArray(shown.buffer)
}

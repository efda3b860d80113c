/** Four pixels that differ in every channel. */
const known = new Uint8ClampedArray([1, 2, 3, 255, 254, 253, 252, 255, 128, 0, 255, 255, 17, 201, 99, 255])
/** Brave, and Firefox in its private windows, turn the lowest bit of some numbers: nobody sees that. */
const unseen = 1

/**
 * Whether pixels that were drawn can be read back: four known ones are tried. Browsers that resist fingerprinting
 * (Tor's, and Firefox with `privacy.resistFingerprinting`) give noise instead, and encode noise.
 */
export function readsBackTrue(): boolean {
  const context = new OffscreenCanvas(4, 1).getContext('2d', { willReadFrequently: true })
  if (context === null) return false
  context.putImageData(new ImageData(known, 4, 1), 0, 0)
  const read = context.getImageData(0, 0, 4, 1).data
  return known.every((value, i) => Math.abs(value - (read[i] ?? 0)) <= unseen)
}

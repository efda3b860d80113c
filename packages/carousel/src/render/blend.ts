import type { RectPx } from '../slide.ts'
import type { Pixels } from './pixels.ts'

/**
 * Lays an overlay over pixels in place.
 * @param overlay RGBA, 8 bits a channel, premultiplied; as large as `rect`, which lies inside the pixels
 */
export function blend({ data, widthPx }: Pixels, overlay: Uint8Array, rect: RectPx): void {
  const words = new Uint32Array(overlay.buffer, overlay.byteOffset, overlay.byteLength >> 2)
  let at = 0
  for (let row = 0; row < rect.heightPx; row += 1) {
    let i = ((rect.topPx + row) * widthPx + rect.leftPx) * 3
    for (let column = 0; column < rect.widthPx; column += 1, at += 1, i += 3) {
      if (words[at] === 0) continue
      const source = at << 2
      const rest = 255 - (overlay[source + 3] as number)
      // (v × rest) / 255, rounded, without a division.
      const r = (data[i] as number) * rest + 128
      const g = (data[i + 1] as number) * rest + 128
      const b = (data[i + 2] as number) * rest + 128
      data[i] = (overlay[source] as number) + ((r + (r >> 8)) >> 8)
      data[i + 1] = (overlay[source + 1] as number) + ((g + (g >> 8)) >> 8)
      data[i + 2] = (overlay[source + 2] as number) + ((b + (b >> 8)) >> 8)
    }
  }
}

import type { ColorGrid } from './color-grid.ts'

/** Centre and spread of human skin in the plane of Cb and Cr (JFIF), over all complexions: it varies in light. */
const skinTone = { cb: 108, cr: 154, cbSpread: 14, crSpread: 11 }

/** So many spreads from the tone of skin nothing is skin any more, squared. */
const farSquared = 9

/**
 * How likely each cell shows skin, 0..1, by its mean colour alone: 1 at the tone of skin, falling to 0 around it.
 * Wood and sand have that tone too, so it says where not to write, never where a person is.
 */
export function skinOf({ red, green, blue }: ColorGrid): Float32Array {
  const skin = new Float32Array(red.length)
  for (let cell = 0; cell < skin.length; cell += 1) {
    const r = red[cell]! * 255
    const g = green[cell]! * 255
    const b = blue[cell]! * 255
    // Too dark to have a colour.
    if (0.299 * r + 0.587 * g + 0.114 * b < 30) continue
    const cb = (128 - 0.168_736 * r - 0.331_264 * g + 0.5 * b - skinTone.cb) / skinTone.cbSpread
    const cr = (128 + 0.5 * r - 0.418_688 * g - 0.081_312 * b - skinTone.cr) / skinTone.crSpread
    const nearness = Math.max(0, 1 - (cb * cb + cr * cr) / farSquared)
    skin[cell] = nearness * nearness
  }
  return skin
}

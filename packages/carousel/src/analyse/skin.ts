import type { ColorGrid } from './color-grid.ts'

/** Centre and spread of human skin in the plane of Cb and Cr (JFIF), over all complexions: it varies in light. */
const skinTone = { cb: 108, cr: 154, cbSpread: 14, crSpread: 11 }

/**
 * How likely each cell shows skin, 0..1, by its mean colour alone: a bell around the tone of skin. Wood and sand
 * have that tone too, so it says where not to write, never where a person is.
 */
export function skinOf({ red, green, blue }: ColorGrid): Float32Array {
  return red.map((value, cell) => {
    const r = value * 255
    const g = (green[cell] as number) * 255
    const b = (blue[cell] as number) * 255
    const light = 0.299 * r + 0.587 * g + 0.114 * b
    // Too dark to have a colour.
    if (light < 30) return 0
    const cb = (128 - 0.168_736 * r - 0.331_264 * g + 0.5 * b - skinTone.cb) / skinTone.cbSpread
    const cr = (128 + 0.5 * r - 0.418_688 * g - 0.081_312 * b - skinTone.cr) / skinTone.crSpread
    return Math.exp(-(cb * cb + cr * cr) / 2)
  })
}

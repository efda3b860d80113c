import type { ColorGrid } from './color-grid.ts'

/** Centre and spread of human skin in the plane of Cb and Cr (JFIF, 0 in the middle), over all complexions. */
const skinTone = { cb: -20, cr: 26, cbSpread: 14, crSpread: 11 }

/** So many spreads from the tone of skin nothing is skin any more, squared. */
const farSquared = 9

/** Below this brightness colour is weaker than it would be in the light, and is strengthened by the square root. */
const dim = 70

/** Between these it is ever less certain that there is any colour. */
const darkest = 14
const dark = 30

/**
 * How likely each cell shows skin, 0..1, by its mean colour alone: 1 at the tone of skin, falling to 0 around it.
 * Complexions and lighting alter brightness far more than this tone; in 90 photographs faces had a mean of 0.75,
 * 0.75, 0.73 and 0.79 at a brightness of 40–60, 60–100, 100–150 and above, and what was far from people 0.16. Wood
 * and sand have that tone too, so it says where not to write, never where a person is. Without colour it is 0.
 */
export function skinOf({ red, green, blue }: ColorGrid): Float32Array {
  const skin = new Float32Array(red.length)
  for (let cell = 0; cell < skin.length; cell += 1) {
    const r = red[cell]! * 255
    const g = green[cell]! * 255
    const b = blue[cell]! * 255
    const brightness = 0.299 * r + 0.587 * g + 0.114 * b
    if (brightness < darkest) continue
    const gain = brightness < dim ? Math.sqrt(dim / brightness) : 1
    const cb = (gain * (-0.168_736 * r - 0.331_264 * g + 0.5 * b) - skinTone.cb) / skinTone.cbSpread
    const cr = (gain * (0.5 * r - 0.418_688 * g - 0.081_312 * b) - skinTone.cr) / skinTone.crSpread
    const nearness = Math.max(0, 1 - (cb * cb + cr * cr) / farSquared)
    skin[cell] = nearness * nearness * Math.min(1, (brightness - darkest) / (dark - darkest))
  }
  return skin
}

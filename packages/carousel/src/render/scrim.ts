import { contrastOf, luminanceOf } from '../color.ts'
import type { Rgb } from '../color.ts'
import type { Tone } from '../layout/placement.ts'
import { smootherstep } from './ease.ts'

/**
 * Draws a photograph towards a colour behind text. Not a veil of one opacity: most of a strength rolls off what is far
 * from the colour (highlights under light ink), so that what already suits the text stays as it is.
 */
export interface ScrimCurve {
  /** 0..1; 0 changes nothing. */
  readonly strength: number
  /** What becomes of each byte of a channel at full weight; 0..255, not rounded. */
  readonly red: Float64Array
  readonly green: Float64Array
  readonly blue: Float64Array
}

/** How early what is far from the colour rolls off, and by how much everything is drawn towards it besides. */
const rollOff = 1.6
const veil = 0.35

/** The curve of a strength towards `color`, from above (`dark`) or from below (`light`). */
export function scrimCurve(strength: number, color: Rgb, tone: Tone): ScrimCurve {
  const channel = (target: number): Float64Array => {
    const curve = new Float64Array(256)
    for (let byte = 0; byte < 256; byte += 1) curve[byte] = scrimmed(byte, target, strength, tone)
    return curve
  }
  return { strength, red: channel(color.r), green: channel(color.g), blue: channel(color.b) }
}

function scrimmed(byte: number, target: number, strength: number, tone: Tone): number {
  const away = tone === 'dark' ? byte / 255 : 1 - byte / 255
  const goal = tone === 'dark' ? target / 255 : 1 - target / 255
  const rolled = (rollOff * away * strength) / (1 - strength)
  const drawn = veil * strength
  const result = ((1 - drawn) * away) / Math.sqrt(1 + rolled * rolled) + drawn * Math.min(goal, away)
  return 255 * (tone === 'dark' ? result : 1 - result)
}

/** One text that has to be read over a scrim. */
export interface ContrastNeed {
  readonly inkLuminance: number
  /** The pixel of the photograph that suits it least. */
  readonly worst: Rgb
  /** Ratio. */
  readonly leastContrast: number
}

/** JPEG moves pixels: so much more than WCAG asks for is aimed at. */
const marginShare = 0.09
/** Beyond this a photograph is no photograph any more; ink colours that need more are refused by the themes' test. */
const strongest = 0.94

/** The least strength that gives all texts their contrast, at least `floor`. */
export function leastStrength(needs: readonly ContrastNeed[], color: Rgb, tone: Tone, floor: number): number {
  const suffices = (strength: number): boolean =>
    needs.every(({ inkLuminance, worst, leastContrast }) => {
      const background = {
        r: scrimmed(worst.r, color.r, strength, tone),
        g: scrimmed(worst.g, color.g, strength, tone),
        b: scrimmed(worst.b, color.b, strength, tone),
      }
      return contrastOf(inkLuminance, luminanceOf(background)) >= leastContrast * (1 + marginShare)
    })
  if (suffices(floor)) return floor
  let low = floor
  let high = strongest
  for (let step = 0; step < 10; step += 1) {
    const middle = (low + high) / 2
    if (suffices(middle)) high = middle
    else low = middle
  }
  return high
}

/** Weights along one axis: 1 from `start` to `end`, and eased to 0 over `before` and `after`. */
export interface Profile {
  readonly start: number
  readonly end: number
  readonly before: number
  readonly after: number
}

/** The weight of a profile at the middle of pixel `position`, 0..1. */
export function weightAt({ start, end, before, after }: Profile, position: number): number {
  if (position >= start && position < end) return 1
  const distance = position < start ? start - position : position + 1 - end
  const length = position < start ? before : after
  return distance >= length ? 0 : smootherstep(1 - distance / length)
}

import { contrastOf, cssOf, luminanceOf, mix, parseColor } from '../color.ts'
import type { Rgb } from '../color.ts'
import type { InkName } from '../layout/part.ts'
import type { Tone } from '../layout/placement.ts'
import type { Theme } from '../layout/theme.ts'

/** The colours of one tone of a theme, with the brand's in place of its accent. */
export interface Inks {
  readonly tone: Tone
  readonly ink: Rgb
  readonly softInk: Rgb
  readonly accent: Rgb
  readonly scrim: Rgb
  /** The other tone's ink: for labels on what is filled with this one's. */
  readonly opposite: Rgb
  readonly isBranded: boolean
}

const black = { r: 0, g: 0, b: 0 }
const white = { r: 255, g: 255, b: 255 }

/** @throws TypeError when a theme's colour is not `#rrggbb` */
export function inksOf(theme: Theme, tone: Tone, brandColor: Rgb | undefined): Inks {
  const palette = theme[tone]
  return {
    tone,
    ink: colorOf(palette.ink),
    softInk: colorOf(palette.softInk),
    accent: brandColor ?? colorOf(palette.accent),
    scrim: colorOf(palette.scrim),
    opposite: colorOf(theme[tone === 'dark' ? 'light' : 'dark'].ink),
    isBranded: brandColor !== undefined,
  }
}

function colorOf(text: string): Rgb {
  const color = parseColor(text)
  if (color === undefined) throw new TypeError(`${text} is no colour`)
  return color
}

/** Contrast of a colour on the ink's side of the background; below 1 where it is on the other side. */
function contrastTowards(color: Rgb, background: number, tone: Tone): number {
  const luminance = luminanceOf(color)
  return tone === 'dark' ? (luminance + 0.05) / (background + 0.05) : (background + 0.05) / (luminance + 0.05)
}

/** Colours with less between their channels are greys, for the eye. */
const grey = 24

function chromaOf({ r, g, b }: Rgb): number {
  return Math.max(r, g, b) - Math.min(r, g, b)
}

/** Steps in which a colour is moved towards the ink. */
const steps = 20

/**
 * The colour for a name that contrasts enough with everything up to `background`, the luminance that suits it
 * least: as it is, or moved towards the ink until it does.
 */
export function readable(name: InkName, inks: Inks, background: number, leastContrast: number): Rgb {
  const wanted = inks[name]
  // On its way to the ink a grey becomes a dimmer ink, and what it emphasises would step back.
  const isGrey = name === 'accent' && chromaOf(wanted) < grey
  for (let step = 0; step <= steps; step += 1) {
    const color = mix(wanted, inks.ink, step / steps)
    if (contrastTowards(color, background, inks.tone) >= leastContrast)
      return isGrey && step > 0 ? inks.ink : color
  }
  return inks.ink
}

/** Colours of a button. */
export interface ButtonColors {
  readonly fill: Rgb | undefined
  readonly line: Rgb | undefined
  readonly label: Rgb
}

/** A shape stands out from here on, against what suits it least under any text; around the shape it is more. */
const visibleContrast = 1.35

/** A button that stands out from its background, with a label at 4.5:1 on it. */
export function buttonColors(
  fill: 'accent' | 'ink' | 'outline',
  inks: Inks,
  background: number,
): ButtonColors {
  if (fill === 'outline' && !inks.isBranded) return { fill: undefined, line: inks.ink, label: inks.ink }
  const shown = fill === 'ink' && !inks.isBranded ? inks.ink : inks.accent
  if (contrastTowards(shown, background, inks.tone) >= visibleContrast) {
    return { fill: shown, line: undefined, label: labelOn(shown, inks) }
  }
  const suits = contrastOf(luminanceOf(inks.accent), luminanceOf(inks.ink)) >= 4.6
  return { fill: inks.ink, line: undefined, label: suits ? inks.accent : labelOn(inks.ink, inks) }
}

/** Of two colours one always has 4.5:1, black or white; the theme's own are taken where they do. */
function labelOn(fill: Rgb, inks: Inks): Rgb {
  const on = luminanceOf(fill)
  const candidates = inks.tone === 'dark' ? [inks.opposite, inks.ink] : [inks.ink, inks.opposite]
  const best = candidates.toSorted(
    (a, b) => contrastOf(luminanceOf(b), on) - contrastOf(luminanceOf(a), on),
  )[0]
  if (best !== undefined && contrastOf(luminanceOf(best), on) >= 4.6) return best
  return on > 0.18 ? black : white
}

/** A colour as canvases take it. */
export const css: (color: Rgb) => string = cssOf

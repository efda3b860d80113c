import { adjust, mix, multiply, type Colour } from './colour.ts'
import type { Palette } from './palette.ts'

/**
 * How a surface of one colour looks: lit or in shade, near or hazy with distance.
 * `lit` and `depth` are 0..1; depth 0 is right before the viewer.
 */
export function surface(palette: Palette, own: Colour, lit: number, depth: number): Colour {
  const lighted = mix(multiply(own, palette.fill), multiply(own, palette.key), lit)
  const silhouette = mix(palette.near, palette.far, 0.12 + lit * 0.22)
  return mix(mix(lighted, silhouette, palette.graphic), palette.far, depth ** 0.85)
}

/**
 * How a subject's colour looks: lit like any surface, but never lost in silhouette, because
 * a red sail must stay red at sunset.
 */
export function subjectColour(palette: Palette, own: Colour, lit: number, depth: number): Colour {
  const lighted = mix(multiply(own, palette.fill), multiply(own, palette.key), lit)
  // Light that keeps a hue readable: a third of the pigment shows through whatever the hour.
  const readable = mix(lighted, own, 0.3)
  return mix(readable, palette.far, depth * 0.5)
}

/** The colour moved in lightness until it stands out from what is behind it. */
export function contrasting(colour: Colour, behind: Colour, least = 0.2): Colour {
  const difference = colour.l - behind.l
  if (Math.abs(difference) >= least || Math.abs(colour.c - behind.c) > 0.12) return colour
  const direction = difference >= 0 && behind.l < 0.75 ? 1 : -1
  return adjust(colour, direction * (least - Math.abs(difference)))
}

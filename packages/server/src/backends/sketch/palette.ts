import { oklch, type Colour } from './colour.ts'

/** The times of day a picture can have. */
export type TimeOfDay = 'dawn' | 'day' | 'sunset' | 'dusk' | 'night'

/** The colours of one picture, by what they are for. Made by hand: hierarchy first, hue second. */
export interface Palette {
  readonly time: TimeOfDay
  /** From the zenith to the horizon. */
  readonly sky: readonly [Colour, Colour, Colour, Colour]
  /** Disc of the sun or the moon. */
  readonly disc: Colour
  /** Light scattered around the disc and on the edges of things. */
  readonly glow: Colour
  /** The most distant land, almost sky. */
  readonly far: Colour
  /** The darkest foreground, where a silhouette is all that is left. */
  readonly near: Colour
  /** Deep water seen from above. */
  readonly water: Colour
  /** Light on the sides turned to the sun, multiplied with the colour of the surface. */
  readonly key: Colour
  /** Light from the rest of the sky, on the sides turned away. */
  readonly fill: Colour
  /** 0: surfaces keep their own colour. 1: all land is a silhouette between `far` and `near`. */
  readonly graphic: number
  /** How visible stars are, 0..1. */
  readonly stars: number
  /** Three colours that sit well with the rest: clothes, flowers, sails, patterns. */
  readonly accents: readonly [Colour, Colour, Colour]
}

/** OKLCH: lightness, chroma, hue. */
export type Lch = readonly [lightness: number, chroma: number, hue: number]

/** A palette as the tables write it. */
export interface PaletteRow {
  sky: readonly [Lch, Lch, Lch, Lch]
  disc: Lch
  glow: Lch
  far: Lch
  near: Lch
  water: Lch
  accents: readonly [Lch, Lch, Lch]
}

/** What all palettes of one time share: how surfaces are lit. */
const lightOf: Record<TimeOfDay, { key: Lch; fill: Lch; graphic: number; stars: number }> = {
  dawn: { key: [0.97, 0.05, 60], fill: [0.74, 0.05, 275], graphic: 0.2, stars: 0 },
  day: { key: [1, 0.015, 95], fill: [0.76, 0.045, 255], graphic: 0.08, stars: 0 },
  sunset: { key: [0.93, 0.1, 58], fill: [0.58, 0.06, 310], graphic: 0.44, stars: 0 },
  dusk: { key: [0.84, 0.085, 30], fill: [0.54, 0.07, 285], graphic: 0.46, stars: 0.35 },
  night: { key: [0.66, 0.05, 240], fill: [0.42, 0.06, 270], graphic: 0.5, stars: 1 },
}

/** The palettes of one time, each row with the light that all of them share. */
export function palettesOf(
  time: TimeOfDay,
  rows: readonly [PaletteRow, ...PaletteRow[]],
): [Palette, ...Palette[]] {
  const shared = lightOf[time]
  const build = (row: PaletteRow): Palette => ({
    time,
    sky: [oklch(...row.sky[0]), oklch(...row.sky[1]), oklch(...row.sky[2]), oklch(...row.sky[3])],
    disc: oklch(...row.disc),
    glow: oklch(...row.glow),
    far: oklch(...row.far),
    near: oklch(...row.near),
    water: oklch(...row.water),
    key: oklch(...shared.key),
    fill: oklch(...shared.fill),
    graphic: shared.graphic,
    stars: shared.stars,
    accents: [oklch(...row.accents[0]), oklch(...row.accents[1]), oklch(...row.accents[2])],
  })
  const [first, ...rest] = rows
  return [build(first), ...rest.map(build)]
}

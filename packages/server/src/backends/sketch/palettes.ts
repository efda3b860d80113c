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

type Lch = readonly [lightness: number, chroma: number, hue: number]

interface PaletteRow {
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

function palettesOf(time: TimeOfDay, rows: readonly [PaletteRow, ...PaletteRow[]]): [Palette, ...Palette[]] {
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

const dawn = palettesOf('dawn', [
  {
    // Porcelain: lilac above, apricot at the horizon.
    sky: [
      [0.66, 0.075, 268],
      [0.78, 0.06, 300],
      [0.87, 0.07, 25],
      [0.94, 0.06, 75],
    ],
    disc: [0.97, 0.05, 85],
    glow: [0.9, 0.09, 55],
    far: [0.74, 0.055, 295],
    near: [0.33, 0.055, 275],
    water: [0.5, 0.06, 262],
    accents: [
      [0.7, 0.14, 30],
      [0.86, 0.1, 85],
      [0.55, 0.1, 270],
    ],
  },
  {
    // Mint and shell: a cool, quiet morning.
    sky: [
      [0.7, 0.065, 212],
      [0.82, 0.045, 195],
      [0.91, 0.04, 70],
      [0.95, 0.045, 50],
    ],
    disc: [0.98, 0.035, 80],
    glow: [0.92, 0.07, 50],
    far: [0.76, 0.045, 215],
    near: [0.32, 0.05, 215],
    water: [0.52, 0.06, 212],
    accents: [
      [0.72, 0.12, 25],
      [0.88, 0.08, 90],
      [0.5, 0.08, 200],
    ],
  },
])

const day = palettesOf('day', [
  {
    // Open blue with a cream horizon.
    sky: [
      [0.62, 0.115, 248],
      [0.74, 0.09, 240],
      [0.86, 0.055, 225],
      [0.95, 0.03, 95],
    ],
    disc: [0.99, 0.03, 95],
    glow: [0.97, 0.05, 90],
    far: [0.76, 0.06, 240],
    near: [0.33, 0.06, 190],
    water: [0.47, 0.095, 235],
    accents: [
      [0.66, 0.18, 32],
      [0.87, 0.14, 88],
      [0.55, 0.12, 250],
    ],
  },
  {
    // Turquoise, as on an old travel poster.
    sky: [
      [0.64, 0.09, 215],
      [0.76, 0.075, 205],
      [0.88, 0.05, 180],
      [0.95, 0.045, 95],
    ],
    disc: [0.98, 0.06, 92],
    glow: [0.96, 0.07, 88],
    far: [0.75, 0.055, 215],
    near: [0.31, 0.06, 205],
    water: [0.48, 0.09, 212],
    accents: [
      [0.68, 0.17, 40],
      [0.9, 0.12, 92],
      [0.5, 0.11, 20],
    ],
  },
  {
    // Warm paper: a cream sky over blue-green land.
    sky: [
      [0.84, 0.05, 195],
      [0.89, 0.045, 130],
      [0.93, 0.05, 95],
      [0.95, 0.055, 82],
    ],
    disc: [0.86, 0.14, 70],
    glow: [0.95, 0.08, 80],
    far: [0.78, 0.05, 190],
    near: [0.3, 0.06, 200],
    water: [0.52, 0.085, 205],
    accents: [
      [0.65, 0.17, 38],
      [0.84, 0.14, 82],
      [0.45, 0.09, 220],
    ],
  },
])

const sunset = palettesOf('sunset', [
  {
    // Ember: violet to peach to butter.
    sky: [
      [0.42, 0.105, 288],
      [0.57, 0.135, 350],
      [0.76, 0.14, 45],
      [0.9, 0.115, 82],
    ],
    disc: [0.96, 0.09, 92],
    glow: [0.83, 0.15, 58],
    far: [0.62, 0.105, 12],
    near: [0.22, 0.055, 300],
    water: [0.33, 0.08, 292],
    accents: [
      [0.66, 0.2, 33],
      [0.88, 0.13, 85],
      [0.5, 0.14, 350],
    ],
  },
  {
    // Coral over teal.
    sky: [
      [0.47, 0.075, 222],
      [0.66, 0.05, 190],
      [0.83, 0.09, 65],
      [0.89, 0.115, 62],
    ],
    disc: [0.96, 0.07, 80],
    glow: [0.82, 0.15, 45],
    far: [0.62, 0.06, 230],
    near: [0.22, 0.045, 238],
    water: [0.34, 0.065, 225],
    accents: [
      [0.67, 0.19, 35],
      [0.9, 0.1, 85],
      [0.42, 0.08, 225],
    ],
  },
  {
    // Rose and plum.
    sky: [
      [0.37, 0.11, 312],
      [0.53, 0.15, 352],
      [0.72, 0.15, 22],
      [0.88, 0.1, 62],
    ],
    disc: [0.95, 0.08, 75],
    glow: [0.8, 0.16, 35],
    far: [0.56, 0.13, 355],
    near: [0.2, 0.06, 325],
    water: [0.3, 0.09, 318],
    accents: [
      [0.68, 0.2, 25],
      [0.9, 0.11, 75],
      [0.5, 0.16, 335],
    ],
  },
])

const dusk = palettesOf('dusk', [
  {
    // Blue hour with the last rose at the horizon.
    sky: [
      [0.25, 0.085, 275],
      [0.39, 0.105, 290],
      [0.57, 0.125, 335],
      [0.77, 0.12, 40],
    ],
    disc: [0.96, 0.03, 90],
    glow: [0.74, 0.13, 35],
    far: [0.43, 0.1, 310],
    near: [0.16, 0.05, 280],
    water: [0.24, 0.075, 280],
    accents: [
      [0.7, 0.18, 35],
      [0.86, 0.12, 80],
      [0.55, 0.15, 330],
    ],
  },
  {
    // Petrol with a lemon horizon.
    sky: [
      [0.27, 0.06, 250],
      [0.4, 0.075, 232],
      [0.6, 0.07, 205],
      [0.84, 0.09, 88],
    ],
    disc: [0.96, 0.04, 95],
    glow: [0.82, 0.11, 75],
    far: [0.44, 0.065, 225],
    near: [0.17, 0.04, 240],
    water: [0.25, 0.055, 238],
    accents: [
      [0.7, 0.17, 45],
      [0.89, 0.12, 90],
      [0.5, 0.09, 215],
    ],
  },
])

const night = palettesOf('night', [
  {
    // Ultramarine.
    sky: [
      [0.16, 0.065, 272],
      [0.23, 0.085, 268],
      [0.32, 0.095, 262],
      [0.45, 0.085, 248],
    ],
    disc: [0.96, 0.03, 95],
    glow: [0.72, 0.07, 240],
    far: [0.36, 0.08, 262],
    near: [0.12, 0.035, 270],
    water: [0.19, 0.065, 268],
    accents: [
      [0.84, 0.14, 80],
      [0.7, 0.16, 40],
      [0.6, 0.13, 260],
    ],
  },
  {
    // Pine and indigo.
    sky: [
      [0.17, 0.05, 250],
      [0.25, 0.065, 228],
      [0.35, 0.07, 205],
      [0.5, 0.075, 185],
    ],
    disc: [0.96, 0.035, 110],
    glow: [0.74, 0.07, 190],
    far: [0.37, 0.06, 212],
    near: [0.12, 0.03, 235],
    water: [0.2, 0.05, 228],
    accents: [
      [0.85, 0.13, 85],
      [0.7, 0.15, 50],
      [0.62, 0.1, 190],
    ],
  },
  {
    // Violet, for long evenings.
    sky: [
      [0.17, 0.075, 290],
      [0.25, 0.1, 295],
      [0.36, 0.11, 305],
      [0.52, 0.11, 335],
    ],
    disc: [0.96, 0.03, 80],
    glow: [0.7, 0.1, 320],
    far: [0.38, 0.095, 305],
    near: [0.13, 0.045, 295],
    water: [0.21, 0.08, 295],
    accents: [
      [0.85, 0.13, 75],
      [0.68, 0.17, 15],
      [0.62, 0.14, 310],
    ],
  },
])

/** Every palette, by time of day. */
export const palettes: Readonly<Record<TimeOfDay, readonly [Palette, ...Palette[]]>> = {
  dawn,
  day,
  sunset,
  dusk,
  night,
}

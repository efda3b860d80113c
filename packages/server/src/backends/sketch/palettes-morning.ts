import { palettesOf, type Palette } from './palette.ts'

/** Before and just after sunrise. */
export const dawn: readonly [Palette, ...Palette[]] = palettesOf('dawn', [
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

/** From morning to afternoon. */
export const day: readonly [Palette, ...Palette[]] = palettesOf('day', [
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

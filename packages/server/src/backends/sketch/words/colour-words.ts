import { oklch, type Colour } from '../colour.ts'
import type { ColourName } from './meaning.ts'

/** The pigment that a colour word stands for, in daylight. Chosen as paint, not as screen primaries. */
export const pigments: Readonly<Record<ColourName, Colour>> = {
  red: oklch(0.57, 0.2, 27),
  orange: oklch(0.7, 0.175, 52),
  yellow: oklch(0.86, 0.16, 90),
  green: oklch(0.6, 0.13, 145),
  teal: oklch(0.66, 0.1, 195),
  blue: oklch(0.56, 0.14, 252),
  navy: oklch(0.34, 0.09, 262),
  purple: oklch(0.5, 0.15, 305),
  pink: oklch(0.76, 0.13, 0),
  brown: oklch(0.47, 0.075, 55),
  white: oklch(0.96, 0.012, 90),
  black: oklch(0.24, 0.015, 270),
  grey: oklch(0.66, 0.012, 260),
  gold: oklch(0.79, 0.145, 82),
  cream: oklch(0.92, 0.045, 88),
}

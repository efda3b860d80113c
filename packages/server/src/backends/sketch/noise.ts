import type { Random } from './random.ts'

/** Smooth random functions of one and two coordinates, all about -1..1. */
export interface Noise {
  /** Smooth, one feature per unit. */
  at(x: number, y?: number): number
  /** Fractal sum of `octaves` copies, each twice as fine and half as strong. */
  fractal(x: number, octaves: number, y?: number): number
  /** Like `fractal`, with sharp crests and round valleys (Musgrave's ridged noise). 0..1. */
  ridged(x: number, octaves: number): number
}

const tableSize = 256

function smooth(t: number): number {
  return t * t * t * (t * (t * 6 - 15) + 10)
}

/** Value noise over a table drawn once from the given stream. */
export function createNoise(random: Random): Noise {
  const values = Float64Array.from({ length: tableSize }, () => random.next() * 2 - 1)
  const order = Uint8Array.from({ length: tableSize }, () => random.whole(0, 255))
  const corner = (x: number, y: number): number =>
    values[(order[(x + (order[y & 255] ?? 0)) & 255] ?? 0) & 255] ?? 0
  const at = (x: number, y = 0): number => {
    const x0 = Math.floor(x)
    const y0 = Math.floor(y)
    const u = smooth(x - x0)
    const top = corner(x0, y0) * (1 - u) + corner(x0 + 1, y0) * u
    if (y === y0) return top
    const bottom = corner(x0, y0 + 1) * (1 - u) + corner(x0 + 1, y0 + 1) * u
    const v = smooth(y - y0)
    return top * (1 - v) + bottom * v
  }
  return {
    at,
    fractal(x, octaves, y = 0) {
      let sum = 0
      let strength = 0.5
      for (let octave = 0; octave < octaves; octave += 1) {
        // The shift keeps the lattices of the octaves from meeting at 0, where a seam would show.
        const frequency = 2 ** octave
        sum += strength * at(x * frequency + octave * 17.3, y === 0 ? 0 : y * frequency + octave * 9.1)
        strength /= 2
      }
      return sum
    },
    ridged(x, octaves) {
      let sum = 0
      let strength = 0.5
      for (let octave = 0; octave < octaves; octave += 1) {
        const crest = 1 - Math.abs(at(x * 2 ** octave + octave * 31.7))
        sum += strength * crest * crest
        strength /= 2
      }
      return sum
    },
  }
}

import { describe, expect, test } from 'vitest'
import type { ColorGrid } from './color-grid.ts'
import { saliencyOf } from './saliency.ts'

/** A repeatable 0..1 for each cell. */
function noise(column: number, row: number, seed = 1): number {
  let state =
    Math.imul(column + 1, 374_761_393) ^ Math.imul(row + 1, 668_265_263) ^ Math.imul(seed, 2_147_483_647)
  state = Math.imul(state ^ (state >>> 13), 1_274_126_177)
  return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32
}

function scene(
  columns: number,
  rows: number,
  color: (column: number, row: number) => readonly [number, number, number],
): ColorGrid {
  const grid = {
    red: new Float32Array(columns * rows),
    green: new Float32Array(columns * rows),
    blue: new Float32Array(columns * rows),
  }
  for (let row = 0, cell = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, cell++) {
      const [red, green, blue] = color(column, row)
      grid.red[cell] = red
      grid.green[cell] = green
      grid.blue[cell] = blue
    }
  }
  return { columns, rows, ...grid }
}

function meanIn(
  values: Float32Array,
  columns: number,
  inside: (column: number, row: number) => boolean,
): number {
  let sum = 0
  let count = 0
  values.forEach((value, cell) => {
    if (!inside(cell % columns, Math.floor(cell / columns))) return
    sum += value
    count++
  })
  return sum / count
}

const inBall =
  (atColumn: number, atRow: number, radius: number) =>
  (column: number, row: number): boolean =>
    Math.hypot(column - atColumn, row - atRow) < radius

const grass = (column: number, row: number): [number, number, number] => {
  const shade = 0.25 * noise(column, row)
  return [0.15 + shade, 0.4 + shade, 0.1 + shade / 2]
}

describe('what stands out', () => {
  test.each([
    ['in the middle', 67, 84],
    ['off centre', 100, 40],
  ])('a red ball on grass %s', (_, atColumn, atRow) => {
    const ball = inBall(atColumn, atRow, 14)
    const values = saliencyOf(scene(135, 169, (c, r) => (ball(c, r) ? [0.8, 0.1, 0.1] : grass(c, r))))
    const far = inBall(atColumn, atRow, 26)
    expect(meanIn(values, 135, inBall(atColumn, atRow, 10))).toBeGreaterThan(0.7)
    expect(meanIn(values, 135, (c, r) => !far(c, r))).toBeLessThan(0.15)
  })

  test('a grey ball in a monochrome photograph', () => {
    const ball = inBall(67, 90, 16)
    const values = saliencyOf(
      scene(135, 169, (c, r) => {
        const light = ball(c, r) ? 0.8 : 0.3 + 0.2 * noise(c, r)
        return [light, light, light]
      }),
    )
    expect(meanIn(values, 135, inBall(67, 90, 12))).toBeGreaterThan(0.7)
    expect(meanIn(values, 135, (c, r) => !inBall(67, 90, 28)(c, r))).toBeLessThan(0.15)
  })

  test('a subject that leaves the picture at the bottom', () => {
    const subject = (c: number, r: number): boolean => Math.abs(c - 67) < 24 && r > 60
    const values = saliencyOf(
      scene(135, 169, (c, r) => (subject(c, r) ? [0.1, 0.1, 0.35] : [0.75, 0.75, 0.7])),
    )
    const near = (c: number, r: number): boolean => Math.abs(c - 67) < 32 && r > 52
    expect(meanIn(values, 135, subject)).toBeGreaterThan(0.6)
    expect(meanIn(values, 135, (c, r) => !near(c, r))).toBeLessThan(0.1)
  })

  test('a tree, not the sky above it or the ground', () => {
    const tree = inBall(90, 95, 10)
    const values = saliencyOf(
      scene(135, 169, (c, r) => {
        if (tree(c, r)) return [0.15, 0.3, 0.12]
        if (r > 104) return [0.4 + 0.1 * noise(c, r), 0.5, 0.25]
        return [0.4 + r / 300, 0.6 + r / 400, 0.9]
      }),
    )
    expect(meanIn(values, 135, inBall(90, 95, 7))).toBeGreaterThan(0.7)
    expect(meanIn(values, 135, (_, r) => r < 70)).toBeLessThan(0.1)
    expect(meanIn(values, 135, (_, r) => r > 120)).toBeLessThan(0.1)
  })

  test('white on white', () => {
    const thing = inBall(67, 90, 15)
    const values = saliencyOf(
      scene(135, 169, (c, r) => {
        const light = 0.96 + 0.01 * noise(c, r) - (thing(c, r) ? 0.08 : 0)
        return [light, light, light]
      }),
    )
    expect(meanIn(values, 135, inBall(67, 90, 11))).toBeGreaterThan(0.7)
    expect(meanIn(values, 135, (c, r) => !inBall(67, 90, 28)(c, r))).toBeLessThan(0.1)
  })

  test('an object before falling water, not the water', () => {
    const water = (c: number): boolean => c > 20 && c < 110
    const object = inBall(75, 120, 13)
    const values = saliencyOf(
      scene(135, 169, (c, r) => {
        if (object(c, r)) return [0.75, 0.3, 0.1]
        const light = 0.35 + (water(c) ? 0.6 * (noise(c, r) - 0.25) : 0.1 * noise(c, r))
        return [light, light, light]
      }),
    )
    const inWater = meanIn(values, 135, (c, r) => water(c) && !inBall(75, 120, 26)(c, r))
    expect(meanIn(values, 135, inBall(75, 120, 9))).toBeGreaterThan(3 * inWater)
  })
})

describe('nothing stands out', () => {
  test.each([
    ['one colour', () => [0.4, 0.5, 0.6] as const],
    ['noise', (c: number, r: number) => [noise(c, r), noise(c, r, 2), noise(c, r, 3)] as const],
    ['a gradient', (_: number, r: number) => [0.2, 0.3, 0.4 + r / 400] as const],
  ])('%s', (_, color) => {
    expect(Math.max(...saliencyOf(scene(135, 169, color)))).toBeLessThan(0.35)
  })
})

describe('any shape', () => {
  test.each([
    [1, 1],
    [2, 300],
    [300, 2],
    [3, 3],
    [600, 8],
    [8, 600],
    [40, 40],
  ])('%i × %i', (columns, rows) => {
    const values = saliencyOf(scene(columns, rows, (c, r) => [noise(c, r), noise(c, r, 2), noise(c, r, 3)]))
    expect(values).toHaveLength(columns * rows)
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true)
  })

  test('the same grid gives the same values', () => {
    const grid = scene(90, 60, (c, r) => (inBall(40, 30, 9)(c, r) ? [0.9, 0.8, 0.1] : grass(c, r)))
    const before = Buffer.from(grid.red.buffer.slice(0))
    expect(saliencyOf(grid)).toEqual(saliencyOf(grid))
    expect(Buffer.from(grid.red.buffer).equals(before)).toBe(true)
  })
})

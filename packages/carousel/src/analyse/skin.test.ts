import { expect, test } from 'vitest'
import { skinOf } from './skin.ts'

function skinAt(red: number, green: number, blue: number): number {
  const one = (byte: number): Float32Array => Float32Array.of(byte / 255)
  return skinOf({ columns: 1, rows: 1, red: one(red), green: one(green), blue: one(blue) })[0] ?? NaN
}

/** From the palest to the darkest, in daylight and in the shade. */
const complexions: [string, number, number, number][] = [
  ['pale', 236, 202, 184],
  ['light', 224, 172, 140],
  ['olive', 198, 148, 112],
  ['tan', 176, 118, 84],
  ['brown', 141, 85, 56],
  ['dark brown', 98, 60, 42],
  ['deep', 70, 44, 33],
  ['deep, in the shade', 52, 32, 24],
  ['light, in the shade', 92, 66, 54],
]

test.each(complexions)('%s skin (%i, %i, %i) is likely skin', (_, red, green, blue) => {
  expect(skinAt(red, green, blue)).toBeGreaterThan(0.5)
})

test.each([
  ['sky', 110, 165, 216],
  ['leaves', 70, 120, 50],
  ['dark leaves', 25, 45, 20],
  ['snow', 240, 243, 248],
  ['asphalt', 60, 62, 66],
  ['night', 8, 6, 5],
  ['red paint', 210, 20, 25],
  ['a monochrome photograph', 120, 120, 120],
])('%s (%i, %i, %i) is not', (_, red, green, blue) => {
  expect(skinAt(red, green, blue)).toBeLessThan(0.2)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { css, fromLinear, mix, oklch, toBytes, toLinear } from './colour.ts'

test('known colours: white, black, and the sRGB primaries (values of Ottosson, 2020)', () => {
  expect(toBytes(oklch(1, 0, 0))).toEqual([255, 255, 255])
  expect(toBytes(oklch(0, 0, 0))).toEqual([0, 0, 0])
  expect(toBytes(oklch(0.62796, 0.25768, 29.234))).toEqual([255, 0, 0])
  expect(toBytes(oklch(0.86644, 0.29483, 142.495))).toEqual([0, 255, 0])
  expect(toBytes(oklch(0.45201, 0.31321, 264.052))).toEqual([0, 0, 255])
})

test('there and back again', () => {
  const channel = fc.double({ min: 0.001, max: 1, noNaN: true })
  fc.assert(
    fc.property(channel, channel, channel, (red, green, blue) => {
      const back = toLinear(fromLinear([red, green, blue]))
      for (const [index, value] of [red, green, blue].entries()) expect(back[index]).toBeCloseTo(value, 2)
    }),
  )
})

test('what sRGB cannot show loses chroma, never lightness order', () => {
  const [dark, light] = [toLinear(oklch(0.4, 0.37, 140)), toLinear(oklch(0.8, 0.37, 140))]
  for (const [index, value] of dark.entries()) {
    expect(value).toBeGreaterThanOrEqual(0)
    expect(light[index]).toBeGreaterThanOrEqual(value)
  }
})

test('a mixture of opposites has no hue detour', () => {
  const middle = mix(oklch(0.6, 0.1, 30), oklch(0.6, 0.1, 210), 0.5)
  expect(middle.c).toBeLessThan(1e-9)
  expect(css(oklch(1, 0, 0), 2)).toBe('rgba(255,255,255,1.0000)')
})

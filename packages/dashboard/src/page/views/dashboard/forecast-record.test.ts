import { expect, test } from 'vitest'
import type { ScalingMinute } from '../../api/shapes.ts'
import { forecastRecord } from './forecast-record.ts'

const noonMs = Date.UTC(2026, 10, 21, 12)

/** Minutes from noon on, each with the load that came, and the forecast with its band. */
function historyOf(
  rows: readonly (readonly [load: number, band: readonly [number, number, number] | null])[],
): ScalingMinute[] {
  return rows.map(([load, band], index) => ({
    at: new Date(noonMs + index * 60_000).toISOString(),
    desired: 1,
    starting: 0,
    warm: 1,
    busy: 1,
    load,
    forecastLow: band?.[0] ?? null,
    forecast: band?.[1] ?? null,
    forecastHigh: band?.[2] ?? null,
  }))
}

test('a minute is in the band up to its edges, and outside of it beyond them', () => {
  const band = [1, 2, 3] as const
  const record = forecastRecord(
    historyOf([
      [1, band],
      [2, band],
      [3, band],
      [3.01, band],
      [0.99, band],
    ]),
  )
  expect(record).toMatchObject({ minutes: 5, inside: 3 })
  expect(record?.meanError).toBeCloseTo((1 + 0 + 1 + 1.01 + 1.01) / 5)
  expect(record?.meanLoad).toBeCloseTo(2)
})

test('minutes on the same side after one another are one miss', () => {
  const band = [1, 2, 3] as const
  const rows = [
    [5, band],
    [7, band],
    [2, band],
    [4, band],
    [0, band],
    [4, null],
    [4, band],
  ] as const
  expect(forecastRecord(historyOf(rows))?.misses).toEqual([
    { fromMs: noonMs, minutes: 2, side: 'more', expected: 2, came: 6 },
    { fromMs: noonMs + 3 * 60_000, minutes: 1, side: 'more', expected: 2, came: 4 },
    { fromMs: noonMs + 4 * 60_000, minutes: 1, side: 'less', expected: 2, came: 0 },
    { fromMs: noonMs + 6 * 60_000, minutes: 1, side: 'more', expected: 2, came: 4 },
  ])
})

test('silence that was expected is no success, and minutes without a forecast are none of its own', () => {
  expect(
    forecastRecord(
      historyOf([
        [0, [0, 0, 0]],
        [3, null],
      ]),
    ),
  ).toBeUndefined()
  expect(forecastRecord([])).toBeUndefined()
  expect(
    forecastRecord(
      historyOf([
        [0, [0, 0, 0]],
        [0, [0, 1, 3]],
      ]),
    ),
  ).toMatchObject({ minutes: 1, inside: 1 })
})

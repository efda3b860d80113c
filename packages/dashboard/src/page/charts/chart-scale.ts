import type UPlot from 'uplot'
import { duration, workers } from '../format.ts'

/** What the values of a chart are: `durations` in milliseconds, on a logarithmic scale; `workers`, from zero on. */
export type ChartScale = 'durations' | 'workers'

/** How a kind of value is drawn and written. */
interface ScaleParts {
  text(value: number | null | undefined): string
  scale: UPlot.Scale
  axis: Partial<UPlot.Axis>
}

/** The vertical scale of a chart, its axis, and how a value is written. @param line the colour of lines across */
export function scaleParts(kind: ChartScale, line: string): ScaleParts {
  const grid = { stroke: line, width: 1 }
  if (kind === 'workers') {
    return {
      text: workers,
      scale: { range: (_, __, max) => [0, Math.max(1, (max ?? 1) * 1.08)] },
      axis: {
        size: 44,
        grid,
        incrs: [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500],
        values: (_, splits) => splits.map(workers),
      },
    }
  }
  return {
    text: duration,
    scale: { distr: 3, range: rangeOf },
    axis: {
      size: 64,
      // Lines at 1, 10 and 100; those between them would hide the data.
      filter: powersOfTen,
      grid: { ...grid, filter: powersOfTen },
      // The lowest would stand on the first time.
      values: (chart, splits) =>
        splits.map((value) => (value === null || value === chart.scales['y']?.min ? '' : duration(value))),
    },
  }
}

/** Whole powers of ten around the values; a log scale has no zero. */
function rangeOf(_: UPlot, min: number | null, max: number | null): [number, number] {
  const low = Math.max(0.001, min ?? 1)
  const high = Math.max(low, max ?? 1000)
  return [
    10 ** Math.floor(Math.log10(low)),
    10 ** Math.max(Math.ceil(Math.log10(high) + 0.05), Math.floor(Math.log10(low)) + 1),
  ]
}

function powersOfTen(_: UPlot, splits: number[]): (number | null)[] {
  return splits.map((value) => (isPowerOfTen(value) ? value : null))
}

function isPowerOfTen(value: number | null): boolean {
  if (value === null || value <= 0) return false
  const power = Math.log10(value)
  return Math.abs(power - Math.round(power)) < 1e-9
}

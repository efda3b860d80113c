import 'uplot/dist/uPlot.min.css'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import { duration, moment } from '../format.ts'
import { colours } from '../theme.ts'

/** One line: a value for each time, `null` where there is none. */
export interface Line {
  label: string
  /** Name of a CSS variable: `--class-hit`. */
  colour: string
  values: (number | null)[]
}

/** A moment that is marked across the chart. */
export interface ChartMarker {
  /** Seconds since 1970. */
  atS: number
  text: string
}

interface LineChartProps {
  /** Seconds since 1970, rising. */
  timesS: number[]
  lines: readonly Line[]
  markers: readonly ChartMarker[]
  /** What it shows, in words, for who cannot see it. */
  label: string
}

const heightPx = 280

/** Between two times that are written below the chart: no minute twice. */
const timeStepsS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880].map(
  (minutes) => minutes * 60,
)

/** Durations over time on a logarithmic scale: hits and misses differ by a factor of ten thousand. */
export function LineChart({ timesS, lines, markers, label }: LineChartProps): VNode {
  const place = useRef<HTMLDivElement>(null)
  const round = colours.value
  const shape = JSON.stringify([lines.map((line) => line.label), markers, round])
  const chart = useRef<UPlot | null>(null)
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const made = new UPlot(optionsOf(element, lines, markers), dataOf(timesS, lines), element)
    chart.current = made
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      chart.current = null
    }
  }, [shape])
  useEffect(() => chart.current?.setData(dataOf(timesS, lines)), [timesS, lines])
  return <div ref={place} class="chart" role="img" aria-label={label} />
}

function dataOf(timesS: number[], lines: readonly Line[]): UPlot.AlignedData {
  return [timesS, ...lines.map(({ values }) => values)]
}

function optionsOf(
  element: HTMLElement,
  lines: readonly Line[],
  markers: readonly ChartMarker[],
): UPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  }
  return {
    width: element.clientWidth,
    height: heightPx,
    // A few lines of text beside the canvas say the same.
    legend: { show: true, live: true },
    cursor: { points: { size: 8 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { distr: 3, range: rangeOf } },
    axes: [
      {
        ...axis,
        size: 32,
        grid: { show: false },
        incrs: timeStepsS,
        values: (_, splits) => splits.map(timeLabel),
      },
      {
        ...axis,
        size: 64,
        // Lines at 1, 10 and 100; those between them would hide the data.
        filter: powersOfTen,
        grid: { ...axis.grid, filter: powersOfTen },
        // The lowest would stand on the first time.
        values: (chart, splits) =>
          splits.map((value) => (value === null || value === chart.scales['y']?.min ? '' : duration(value))),
      },
    ],
    series: [
      { value: (_, at, __, index) => (index === null || at === null ? 'the latest' : moment(at * 1000)) },
      ...lines.map(({ label, colour: name, values }): UPlot.Series => ({
        label,
        stroke: colour(name),
        width: 2,
        spanGaps: false,
        // A line of one point is not seen.
        points: { show: values.filter((value) => value !== null).length < 40, size: 6, fill: colour(name) },
        // Where nobody points at a time, the last one that has a value.
        value: (chart, value, at, index) => duration(index === null ? lastOf(chart.data[at]) : value),
      })),
    ],
    hooks: { draw: [(chart) => drawMarkers(chart, markers, colour('--ink'), style.fontFamily)] },
  }
}

function lastOf(values: ArrayLike<number | null | undefined> | undefined): number | null {
  for (let at = (values?.length ?? 0) - 1; at >= 0; at -= 1) {
    const value = values?.[at]
    if (typeof value === 'number') return value
  }
  return null
}

/** `14:00`, and the day at midnight. */
function timeLabel(atS: number): string {
  const date = new Date(atS * 1000)
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0
  return isMidnight
    ? date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
    : date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
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

function drawMarkers(chart: UPlot, markers: readonly ChartMarker[], ink: string, fontFamily: string): void {
  const { ctx, bbox } = chart
  const ratio = devicePixelRatio
  ctx.save()
  ctx.strokeStyle = ink
  ctx.fillStyle = ink
  ctx.lineWidth = ratio
  ctx.setLineDash([4 * ratio, 3 * ratio])
  ctx.font = `600 ${11 * ratio}px ${fontFamily}`
  for (const [index, { atS }] of markers.entries()) {
    const x = Math.round(chart.valToPos(atS, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    // A number: the text stands in the list below, where it can be read and selected.
    ctx.fillText(String(index + 1), x + 4 * ratio, bbox.top + 11 * ratio)
  }
  ctx.restore()
}

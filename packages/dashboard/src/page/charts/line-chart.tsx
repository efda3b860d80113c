import 'uplot/dist/uPlot.min.css'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import { moment } from '../format.ts'
import { colours } from '../theme.ts'
import type { Line } from './chart-lines.ts'
import { dataOf, seriesOf } from './chart-lines.ts'
import type { ChartScale } from './chart-scale.ts'
import { scaleParts } from './chart-scale.ts'

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
  scale: ChartScale
  markers?: readonly ChartMarker[]
  /** Charts of one name show the same time where the pointer is. */
  together?: string
  /** What it shows, in words, for who cannot see it. */
  label: string
}

const heightPx = 280

/** Between two times that are written below the chart: no minute twice. */
const timeStepsS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880].map(
  (minutes) => minutes * 60,
)

/** Values over time. Durations are on a logarithmic scale: hits and misses differ by a factor of ten thousand. */
export function LineChart(props: LineChartProps): VNode {
  const { timesS, lines, markers = [], label } = props
  const place = useRef<HTMLDivElement>(null)
  const round = colours.value
  const shape = JSON.stringify([lines.map((line) => line.label), markers, round])
  const chart = useRef<UPlot | null>(null)
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const made = new UPlot(optionsOf(element, props), dataOf(timesS, lines), element)
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

function optionsOf(
  element: HTMLElement,
  { lines, markers = [], scale, together }: LineChartProps,
): UPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const { text, scale: vertical, axis: verticalAxis } = scaleParts(scale, colour('--line'))
  const { series, bands } = seriesOf(lines, { colour, text })
  const axis = {
    stroke: colour('--quiet'),
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  }
  return {
    width: element.clientWidth,
    height: heightPx,
    // A few lines of text beside the canvas say the same.
    legend: {
      show: true,
      live: true,
      markers: { width: 0, fill: (chart, at) => inkOf(chart.series[at], chart, at) },
    },
    cursor: {
      points: { size: 8 },
      drag: { x: false, y: false },
      ...(together === undefined ? {} : { sync: { key: together } }),
    },
    scales: { x: { time: true }, y: vertical },
    axes: [
      {
        ...axis,
        size: 32,
        grid: { show: false },
        incrs: timeStepsS,
        values: (_, splits) => splits.map(timeLabel),
      },
      { ...axis, ...verticalAxis },
    ],
    series: [
      { value: (_, at, __, index) => (index === null || at === null ? 'the latest' : moment(at * 1000)) },
      ...series,
    ],
    bands,
    hooks: { draw: [(chart) => drawMarkers(chart, markers, colour('--ink'), style.fontFamily)] },
  }
}

/** The colour that a line is drawn in: of its legend's mark. Lines are drawn in plain colours, never in patterns. */
function inkOf(series: UPlot.Series | undefined, chart: UPlot, at: number): string {
  const stroke = typeof series?.stroke === 'function' ? series.stroke(chart, at) : series?.stroke
  return typeof stroke === 'string' ? stroke : 'transparent'
}

/** `14:00`, and the day at midnight. */
function timeLabel(atS: number): string {
  const date = new Date(atS * 1000)
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0
  return isMidnight
    ? date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
    : date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
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

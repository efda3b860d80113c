import UPlot from 'uplot'

/** One line: a value for each time, `null` where there is none. */
export interface Line {
  label: string
  /** Name of a CSS variable: `--class-hit`. */
  colour: string
  values: (number | null)[]
  /** `step`: a value holds until the next one. `dots`: single moments, without a line between them. Default `line`. */
  shape?: 'line' | 'step' | 'dots'
  /** Broken, so that a line below it is seen where both are equal. */
  dashed?: boolean
  /** Whether all from zero to it is drawn, in the colour of that name with `-area`. */
  filled?: boolean
  /** Between which values it was to lie: drawn behind it, in the colour of that name with `-area`. */
  band?: { low: (number | null)[]; high: (number | null)[] }
}

/** With fewer points than this each is drawn: a line of one point is not seen. */
const fewPoints = 40

/** The columns of the chart's data: times, then each line with the edges of its band after it. */
export function dataOf(timesS: number[], lines: readonly Line[]): UPlot.AlignedData {
  return [
    timesS,
    ...lines.flatMap(({ values, band }) => (band === undefined ? [values] : [values, band.high, band.low])),
  ]
}

interface Drawing {
  colour: (name: string) => string
  text: (value: number | null | undefined) => string
}

/** What is drawn of each column of the data but the times, and the areas between two of them. */
export function seriesOf(
  lines: readonly Line[],
  drawing: Drawing,
): { series: UPlot.Series[]; bands: UPlot.Band[] } {
  const series: UPlot.Series[] = []
  const bands: UPlot.Band[] = []
  for (const line of lines) {
    const at = series.push(lineSeries(line, drawing))
    if (line.band === undefined) continue
    const edge: UPlot.Series = { class: 'chart-edge', width: 0, points: { show: false } }
    series.push({ ...edge, label: `${line.label}, at most` }, { ...edge, label: `${line.label}, at least` })
    const fill = drawing.colour(`${line.colour}-area`)
    // Whoever hides the line by the legend hides its area too.
    bands.push({
      series: [at + 1, at + 2],
      fill: (chart) => (chart.series[at]?.show === false ? 'transparent' : fill),
    })
  }
  return { series, bands }
}

function lineSeries(line: Line, drawing: Drawing): UPlot.Series {
  const { label, colour: name, shape = 'line', dashed = false, filled = false, band } = line
  const colour = drawing.colour(name)
  const common = { label, stroke: colour, spanGaps: false }
  if (shape === 'dots') {
    return {
      ...common,
      width: 0,
      paths: () => null,
      points: { show: true, size: 6, width: 0, fill: colour, stroke: colour },
      value: (chart, value, at, index) => {
        if (index !== null) return value === null ? 'no' : 'yes'
        return `${countOf(chart.data[at])} min`
      },
    }
  }
  return {
    ...common,
    width: filled ? 0.5 : shape === 'step' ? 1.5 : 2,
    ...(dashed ? { dash: [6, 4] } : {}),
    ...(filled ? { fill: drawing.colour(`${name}-area`) } : {}),
    ...(shape === 'step' && UPlot.paths.stepped !== undefined
      ? { paths: UPlot.paths.stepped({ align: 1 }) }
      : {}),
    points: {
      show: (chart, at) => countOf(chart.data[at]) < fewPoints,
      size: 6,
      fill: colour,
    },
    // Where nobody points at a time, the last one that has a value.
    value: (chart, _, at, index) => {
      const place = index ?? lastOf(chart.data[at])
      const of = (column: number): string => drawing.text(place === null ? null : chart.data[column]?.[place])
      return band === undefined || place === null ? of(at) : `${of(at)} (${of(at + 2)} to ${of(at + 1)})`
    },
  }
}

/** How many values there are. */
function countOf(values: ArrayLike<number | null | undefined> | undefined): number {
  return Array.from(values ?? []).filter((value) => typeof value === 'number').length
}

/** Where the last value stands; `null` where none does. */
function lastOf(values: ArrayLike<number | null | undefined> | undefined): number | null {
  for (let at = (values?.length ?? 0) - 1; at >= 0; at -= 1) if (typeof values?.[at] === 'number') return at
  return null
}

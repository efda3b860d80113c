import { Histogram } from './histogram.ts'
import { jobRoutePrefix, stageNames } from './labels.ts'
import { highestExponent, lowestExponent } from './measurements.ts'
import type { Exemplar, LedgerTally, Series } from './slice.ts'

/** What else a process tells Prometheus: a figure that goes up and down. */
export interface Gauge {
  name: string
  help: string
  value: number
}

export interface ExpositionOptions {
  series: readonly Series[]
  tallies: readonly LedgerTally[]
  gauges: readonly Gauge[]
  version: string
  /** OpenMetrics 1.0, which has exemplars; else Prometheus text 0.0.4. */
  openMetrics: boolean
  /** Whether to tell what was paid and saved. Default true. */
  withMoney?: boolean
}

export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * The measurements of one process as Prometheus reads them. Bounds of buckets are powers of two of a millisecond,
 * which are bounds of ours too: the counts are exact.
 */
export function exposition(options: ExpositionOptions): string {
  const { series, tallies, gauges, version, openMetrics, withMoney = true } = options
  const lines: string[] = []
  const head = (name: string, type: 'counter' | 'gauge' | 'histogram', help: string): void => {
    // OpenMetrics names a counter without the ending that its samples have.
    const family = openMetrics && type === 'counter' ? name.replace(/_total$/u, '') : name
    lines.push(`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`)
  }
  head('darkroom_build_info', 'gauge', 'Always 1.')
  lines.push(`darkroom_build_info{version="${escaped(version)}"} 1`)
  head('darkroom_request_duration_seconds', 'histogram', 'Requests until the head of their answer.')
  const totalStage = stageNames.indexOf('total')
  for (const { labels, histograms, exemplars } of series) {
    const histogram = histograms[totalStage]
    if (histogram === undefined || labels.route.startsWith(jobRoutePrefix)) continue
    const own = `route="${escaped(labels.route)}",class="${labels.cacheClass}"`
    pushHistogram(lines, 'darkroom_request_duration_seconds', own, histogram, openMetrics ? exemplars : [])
  }
  head('darkroom_stage_duration_seconds', 'histogram', 'Stages of requests and jobs.')
  for (const { stage, cacheClass, histogram } of byStage(series)) {
    pushHistogram(
      lines,
      'darkroom_stage_duration_seconds',
      `stage="${stage}",class="${cacheClass}"`,
      histogram,
      [],
    )
  }
  for (const { name, help, valueOf } of ledgerMetrics) {
    if (!withMoney && name.includes('_usd_')) continue
    head(name, 'counter', help)
    for (const tally of tallies) {
      for (const [how, value] of valueOf(tally)) {
        const own = `kind="${escaped(tally.kind)}",axis="${tally.axis}"${how === '' ? '' : `,how="${how}"`}`
        lines.push(`${name}{${own}} ${value}`)
      }
    }
  }
  for (const { name, help, value } of gauges) {
    head(name, 'gauge', help)
    lines.push(`${name} ${value}`)
  }
  if (openMetrics) lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

interface LedgerMetric {
  name: string
  help: string
  valueOf: (tally: LedgerTally) => [how: string, value: number][]
}

const ledgerMetrics: readonly LedgerMetric[] = [
  {
    name: 'darkroom_work_units_total',
    help: 'Units of work by how their askers were answered.',
    valueOf: ({ ran, joined, cached, rerun }) => [
      ['ran', ran],
      ['joined', joined],
      ['cached', cached],
      ['rerun', rerun],
    ],
  },
  {
    name: 'darkroom_work_seconds_total',
    help: 'Time spent in runs of work.',
    valueOf: ({ ranMs }) => [['', ranMs / 1000]],
  },
  {
    name: 'darkroom_work_saved_seconds_total',
    help: 'Time that joined and cached work did not take.',
    valueOf: ({ savedMs }) => [['', savedMs / 1000]],
  },
  {
    name: 'darkroom_work_saved_bytes_total',
    help: 'Bytes that joined and cached work did not move or make.',
    valueOf: ({ savedBytes }) => [['', savedBytes]],
  },
  {
    name: 'darkroom_work_usd_total',
    help: 'Money spent by runs of work.',
    valueOf: ({ ranUsd }) => [['', ranUsd]],
  },
  {
    name: 'darkroom_work_saved_usd_total',
    help: 'Money that joined and cached work did not cost.',
    valueOf: ({ savedUsd }) => [['', savedUsd]],
  },
]

/** Over all routes: what a stage takes depends little on them, and a route times a stage times a class is many. */
function byStage(series: readonly Series[]): { stage: string; cacheClass: string; histogram: Histogram }[] {
  const found = new Map<string, { stage: string; cacheClass: string; histogram: Histogram }>()
  for (const { labels, histograms } of series) {
    for (const [index, stage] of stageNames.entries()) {
      const histogram = histograms[index]
      if (histogram === undefined || stage === 'total') continue
      const key = `${stage} ${labels.cacheClass}`
      let sum = found.get(key)
      if (sum === undefined) {
        found.set(key, (sum = { stage, cacheClass: labels.cacheClass, histogram: new Histogram() }))
      }
      sum.histogram.merge(histogram)
    }
  }
  return [...found.values()]
}

function pushHistogram(
  lines: string[],
  name: string,
  labels: string,
  histogram: Histogram,
  exemplars: readonly (Exemplar | undefined)[],
): void {
  for (let exponent = lowestExponent; exponent <= highestExponent; exponent += 1) {
    const count = histogram.countUpToPowerOfTwo(exponent)
    const exemplar = exemplarText(exemplars[exponent - lowestExponent])
    lines.push(`${name}_bucket{${labels},le="${2 ** exponent / 1000}"} ${count}${exemplar}`)
  }
  const beyond = exemplarText(exemplars[highestExponent + 1 - lowestExponent])
  lines.push(`${name}_bucket{${labels},le="+Inf"} ${histogram.count}${beyond}`)
  lines.push(
    `${name}_sum{${labels}} ${histogram.sumMs / 1000}`,
    `${name}_count{${labels}} ${histogram.count}`,
  )
}

/** A trace has 32 hexadecimal digits; anything else is the id of a request. */
function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return ''
  const label = /^[0-9a-f]{32}$/u.test(exemplar.id) ? 'trace_id' : 'request_id'
  return ` # {${label}="${escaped(exemplar.id)}"} ${exemplar.durationMs / 1000} ${exemplar.atMs / 1000}`
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)
}

import type { Verdict } from './budget.ts'
import type { LoadResult } from './load.ts'
import type { Percentiles } from './percentiles.ts'
import { percentilesOf } from './percentiles.ts'
import type { CacheClass, Sample } from './sample.ts'
import { cacheClasses } from './sample.ts'

/** One row of the table: all answers, or those of one class. */
export interface ClassReport {
  cacheClass: CacheClass | 'all'
  count: number
  ttfbMs: Percentiles
  totalMs: Percentiles
}

export interface CheckReport {
  url: string
  pace: string
  requests: number
  faults: Record<string, number>
  classes: ClassReport[]
  budget: Verdict[]
  /** Every answer was good, and every limit met. */
  ok: boolean
}

export function reportOf(
  about: { url: string; pace: string; requests: number },
  { samples, faults }: LoadResult,
  budget: Verdict[],
): CheckReport {
  const classes = cacheClasses.flatMap((cacheClass) => {
    const own = samples.filter((sample) => sample.cacheClass === cacheClass)
    return own.length === 0 ? [] : [classReport(cacheClass, own)]
  })
  const all = samples.length === 0 ? [] : [classReport('all', samples)]
  const ok = Object.keys(faults).length === 0 && samples.length > 0 && budget.every(({ met }) => met)
  return { ...about, faults, classes: [...all, ...classes], budget, ok }
}

function classReport(cacheClass: CacheClass | 'all', samples: readonly Sample[]): ClassReport {
  return {
    cacheClass,
    count: samples.length,
    ttfbMs: percentilesOf(samples.map(({ ttfbMs }) => ttfbMs)),
    totalMs: percentilesOf(samples.map(({ totalMs }) => totalMs)),
  }
}

/** For people: a line that says it all, the table, how the times are spread, the limits. */
export function reportText(report: CheckReport, samples: readonly Sample[]): string {
  return [
    `${headline(report)}\n`,
    `${report.url}  ${report.requests} requests, ${report.pace}`,
    ...Object.entries(report.faults).map(([reason, count]) => `failed: ${count} × ${reason}`),
    '',
    ...table(report.classes),
    '',
    ...histogram(samples.map(({ totalMs }) => totalMs)),
    ...(report.budget.length === 0 ? [] : ['', ...report.budget.map(verdictLine)]),
    '',
  ].join('\n')
}

/** `> 45ms (optimized)`: the P99 that readers see, and what to think of it. */
function headline({ classes, budget, faults }: CheckReport): string {
  const [all] = classes
  if (all === undefined) return '> no answer (failed)'
  const failed = Object.values(faults).reduce((sum, count) => sum + count, 0)
  const cached = classes
    .filter(({ cacheClass }) => cacheClass === 'hit' || cacheClass === 'stale')
    .reduce((sum, { count }) => sum + count, 0)
  const words = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(budget.some(({ met }) => !met) ? ['over budget'] : []),
  ]
  const thought =
    cached / all.count >= 0.99 ? 'optimized' : `${Math.round((cached / all.count) * 100)} % cached`
  return `> ${milliseconds(all.totalMs.p99)} (${words.length > 0 ? words.join(', ') : thought})`
}

const columns = ['p50', 'p90', 'p95', 'p99', 'max'] as const

function table(classes: readonly ClassReport[]): string[] {
  const head = `${'class'.padEnd(10)}${'n'.padStart(7)}   ${''.padEnd(6)}${columns.map((name) => name.padStart(10)).join('')}`
  const rows = classes.flatMap(({ cacheClass, count, ttfbMs, totalMs }) => [
    `${cacheClass.padEnd(10)}${String(count).padStart(7)}   ${'ttfb'.padEnd(6)}${cells(ttfbMs)}`,
    `${''.padEnd(17)}   ${'total'.padEnd(6)}${cells(totalMs)}`,
  ])
  return [head, ...rows]
}

function cells(percentiles: Percentiles): string {
  return columns.map((name) => milliseconds(percentiles[name]).padStart(10)).join('')
}

const bars = ' ▏▎▍▌▋▊▉█'
const barWidth = 40

/** Rows that double, from the row of the fastest to the row of the slowest. */
export function histogram(durations: readonly number[]): string[] {
  if (durations.length === 0) return []
  const rowOf = (durationMs: number): number => Math.ceil(Math.log2(Math.max(durationMs, 0.001)))
  const counts = new Map<number, number>()
  for (const durationMs of durations) counts.set(rowOf(durationMs), (counts.get(rowOf(durationMs)) ?? 0) + 1)
  const rows = [...counts.keys()]
  const most = Math.max(...counts.values())
  const lines: string[] = []
  for (let row = Math.min(...rows); row <= Math.max(...rows); row += 1) {
    const count = counts.get(row) ?? 0
    lines.push(`${`≤ ${milliseconds(2 ** row)}`.padStart(10)} ${bar(count / most)} ${count}`)
  }
  return lines
}

function bar(share: number): string {
  const eighths = share === 0 ? 0 : Math.max(1, Math.round(share * barWidth * 8))
  const whole = '█'.repeat(Math.floor(eighths / 8))
  return `${whole}${eighths % 8 === 0 ? '' : bars.charAt(eighths % 8)}`.padEnd(barWidth)
}

function verdictLine({ name, limitMs, actualMs, met }: Verdict): string {
  const seen = actualMs === undefined ? 'no such answer' : milliseconds(actualMs)
  return `${met ? 'ok  ' : 'OVER'} ${name} ≤ ${milliseconds(limitMs)}: ${seen}`
}

/** Three digits that count: `0.42ms`, `4.2ms`, `42ms`, `4.2s`. */
export function milliseconds(durationMs: number): string {
  if (durationMs >= 1000) return `${Number((durationMs / 1000).toPrecision(3))}s`
  return `${Number(durationMs.toPrecision(durationMs >= 100 ? 3 : 2))}ms`
}

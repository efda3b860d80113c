import { milliseconds } from '../latency/check/report.ts'
import type { Comparison } from '../latency/markers.ts'

/** What a marker changed, for people. Where the shares of the classes changed, what each class says as well. */
export function comparisonText(comparison: Comparison): string {
  const { marker, before, after, differences, stage, class: cacheClass } = comparison
  const what = `${stage}${cacheClass === null ? '' : ` of ${cacheClass}`}`
  const { warning, atEqualShares, classes } = comparison
  return [
    `${marker.text}, ${short(marker.at)}: ${what}`,
    '',
    `${''.padEnd(5)}${'before'.padStart(9)}${'after'.padStart(9)}${'change'.padStart(10)}`,
    ...differences.map(differenceText),
    `n    ${String(before.count).padStart(9)}${String(after.count).padStart(9)}`,
    ...(warning === null ? [] : ['', warning]),
    ...(warning === null || atEqualShares === null
      ? []
      : ['', 'each class with the share that it had before:', ...atEqualShares.map(differenceText)]),
    ...(warning === null ? [] : classes.flatMap(classText)),
    '',
  ].join('\n')
}

function classText({ class: name, before, after, differences }: Comparison['classes'][number]): string[] {
  if (before.count === 0 || after.count === 0) return []
  return ['', `${name} (${before.count} before, ${after.count} after):`, ...differences.map(differenceText)]
}

function differenceText(difference: Comparison['differences'][number]): string {
  const { percentile, beforeMs, afterMs, differenceMs, lowMs, highMs, verdict } = difference
  return [
    `p${percentile}`.padEnd(5),
    milliseconds(beforeMs).padStart(9),
    milliseconds(afterMs).padStart(9),
    signed(differenceMs).padStart(10),
    `  ${verdict} (95 %: ${signed(lowMs)} to ${signed(highMs)})`,
  ].join('')
}

function signed(valueMs: number): string {
  if (valueMs === 0) return '0ms'
  return `${valueMs < 0 ? '-' : '+'}${milliseconds(Math.abs(valueMs))}`
}

/** To the second. */
export function short(at: string): string {
  return `${at.slice(0, 19)}Z`
}

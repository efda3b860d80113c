import type { Duplicate, Report, SharedOutput, SharedResource, Waterfall } from './report.ts'

const shownOfEach = 5

/** The report for a terminal: at most one screen, the greatest saving first. */
export function terminalReport(report: Report): string {
  const { totals } = report
  const lines: string[] = []
  const findings =
    report.duplicates.length + report.outputs.length + report.resources.length + report.waterfalls.length
  const seen = [
    counted(totals.fetches, 'fetch', 'fetches'),
    counted(totals.reads, 'read'),
    counted(totals.writes, 'write'),
    ...(totals.decodes === 0 ? [] : [counted(totals.decodes, 'decode')]),
    counted(totals.processes, 'process', 'processes'),
  ].join(', ')
  lines.push(
    `darkroom inspect: ${findings === 0 ? 'no shared work was repeated' : counted(findings, 'finding')} (${seen})`,
  )
  section(lines, report.duplicates.map(duplicateLines))
  section(lines, report.outputs.map(outputLines))
  section(lines, report.resources.map(resourceLines))
  section(lines, report.waterfalls.map(waterfallLines))
  if (totals.unwatched > 0)
    lines.push(`  ${totals.unwatched} pieces of work were counted and not looked at: there were too many.`)
  return `${lines.join('\n')}\n`
}

function section(lines: string[], findings: readonly string[][]): void {
  for (const finding of findings.slice(0, shownOfEach)) lines.push(...finding)
  if (findings.length > shownOfEach) lines.push(`  … and ${findings.length - shownOfEach} more`)
}

const doneNames = { fetch: 'downloads', read: 'reads', decode: 'decodes' } as const

function duplicateLines(finding: Duplicate): string[] {
  const wasted = [...(finding.bytes > 0 ? [bytes(finding.bytes)] : []), milliseconds(finding.wastedMs)].join(
    ' and ',
  )
  const where =
    finding.fanOut === ''
      ? `above both calls, the first at ${finding.at}`
      : `above the \`${finding.fanOut}\` at ${finding.at}`
  const more =
    finding.aliases.length === 0
      ? ''
      : ` and ${counted(finding.aliases.length, 'other URL')} with the same bytes`
  return [
    `  ${finding.count} identical ${doneNames[finding.kind]}, ${wasted} wasted: hoist ${finding.hoist} ${where}`,
    `      ${finding.resource}${more}, from ${list(finding.calls)}; ${milliseconds(finding.repeatedMs)} of work repeated; bringing it once saves ${savings(finding)} of the run`,
  ]
}

function savings({ savesMs, wastedMs }: Duplicate): string {
  const [least, most] = [milliseconds(savesMs), milliseconds(wastedMs)]
  return least === most ? most : `${least} to ${most}`
}

function outputLines(finding: SharedOutput): string[] {
  const what =
    finding.kind === 'write-write'
      ? `${finding.count} writes of one output meet: the last one wins`
      : 'a read meets a write'
  return [
    `  ${what}: ${finding.resource}`,
    `      from ${list(finding.calls)}${finding.at === '' ? '' : `, in the fan-out at ${finding.at}`}; write one file a branch, or take turns with a keyed mutex`,
  ]
}

function resourceLines(finding: SharedResource): string[] {
  const place = finding.at === '' ? '' : ` (fan-out at ${finding.at})`
  switch (finding.kind) {
    case 'connections':
      return [
        `  ${finding.count} requests waited ${milliseconds(finding.waitedMs)} for one of ${counted(finding.helpsUpTo, 'connection')} to ${finding.resource}: more than ${finding.helpsUpTo} at once does not help${place}`,
      ]
    case 'server':
      return [
        `  ${finding.concurrency} requests at once, and ${finding.resource} answers ${finding.helpsUpTo} at a time: ${milliseconds(finding.waitedMs)} waited, more than ${finding.helpsUpTo} does not help${place}`,
      ]
    case 'rate-limit':
      return [
        `  ${finding.count} requests refused with 429 by ${finding.resource}, ${finding.concurrency} at once: limit it to ${Math.max(1, finding.helpsUpTo)}${place}`,
      ]
    case 'thread-pool':
      return [
        `  ${finding.concurrency} pieces of work at once in ${finding.resource}: ${milliseconds(finding.waitedMs)} waited, more than ${finding.helpsUpTo} does not help${place}`,
      ]
    case 'event-loop':
    default:
      return [
        `  ${finding.count} branches that only look parallel: the event loop stood still for ${milliseconds(finding.waitedMs)}${place}`,
      ]
  }
}

function waterfallLines(finding: Waterfall): string[] {
  const [first, last] = finding.resources
  return [
    `  ${finding.count} fetches one after another could start together, ${milliseconds(finding.savesMs)} earlier: at ${finding.at}`,
    `      ${first ?? ''}${last === undefined ? '' : ` … ${last}`}: nothing of an answer stands in the next request`,
  ]
}

function list(places: readonly string[]): string {
  const shown = places.slice(0, 3).join(', ')
  return places.length > 3
    ? `${shown} and ${places.length - 3} more`
    : shown === ''
      ? 'an unknown line'
      : shown
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** `5.0 MB`, decimal. */
export function bytes(count: number): string {
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} MB`
  return count >= 1000 ? `${(count / 1000).toFixed(1)} kB` : `${count} B`
}

/** `640 ms`, `3.2 s`. */
export function milliseconds(ms: number): string {
  if (ms >= 9950) return `${(ms / 1000).toFixed(0)} s`
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`
}

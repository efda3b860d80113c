import { comparePolicies } from '../prediction/replay/compare-policies.ts'
import type { ReplayAssumptions, ReplayRow } from '../prediction/replay/compare-policies.ts'
import type { ColumnNames } from '../prediction/replay/log-line.ts'
import { readTrace, TraceError } from '../prediction/replay/read-trace.ts'
import type { ReadTrace } from '../prediction/replay/read-trace.ts'
import { minuteMs } from '../prediction/usage-event.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'

/** Options of `darkroom replay` as commander gives them. */
export interface ReplayOptions {
  trace: string
  retire: string
  ttl: string
  serviceTime: string
  budget: string
  heldOut: string
  columns?: string
  seed: string
  json: boolean
}

/** `darkroom replay trace.csv`: would prediction have paid on this log? The real policy, on a virtual clock. */
export async function replayCommand(options: ReplayOptions, io: CommandEnvironment): Promise<number> {
  const assumptions = assumptionsOf(options)
  const columns = columnsOf(options.columns)
  const fault =
    typeof assumptions === 'string' ? assumptions : typeof columns === 'string' ? columns : undefined
  if (fault !== undefined || typeof assumptions === 'string' || typeof columns === 'string') {
    io.stderr(`${fault}\n`)
    return exitCodes.usage
  }
  let read: ReadTrace
  try {
    read = await readTrace(options.trace, columns)
  } catch (error) {
    if (!(error instanceof TraceError)) throw error
    io.stderr(`${error.message}\n`)
    return exitCodes.failed
  }
  const rows = comparePolicies(read.trace, assumptions)
  io.stdout(
    options.json ? `${JSON.stringify(asJson(read, assumptions, rows))}\n` : asText(read, assumptions, rows),
  )
  return exitCodes.done
}

function assumptionsOf(options: ReplayOptions): ReplayAssumptions | string {
  const { retire } = options
  if (retire !== 'nightly' && retire !== 'weekly' && retire !== 'never')
    return `--retire ${retire} is none of nightly, weekly, never.`
  const ttlMs = durationMs(options.ttl)
  if (ttlMs === undefined) return `--ttl ${options.ttl} is no duration: write 45s, 10m, 1h or 7d.`
  const serviceMs = durationMs(options.serviceTime)
  if (serviceMs === undefined)
    return `--service-time ${options.serviceTime} is no duration: write 800ms, 10s or 2m.`
  const budgetShare = shareOf(options.budget)
  if (budgetShare === undefined) return `--budget ${options.budget} is no share from 0% to 100%.`
  const heldOutShare = shareOf(options.heldOut)
  if (heldOutShare === undefined) return `--held-out ${options.heldOut} is no share from 0% to 100%.`
  if (!/^\d{1,9}$/u.test(options.seed)) return `--seed ${options.seed} is no whole number.`
  return { retires: retire, ttlMs, serviceMs, budgetShare, heldOutShare, seed: Number(options.seed) }
}

const roles = ['time', 'key', 'session', 'family', 'scope'] as const

function columnsOf(text: string | undefined): ColumnNames | string {
  const columns: ColumnNames = {}
  for (const part of text?.split(',') ?? []) {
    const [role, name] = part.split('=')
    const known = roles.find((each) => each === role?.trim())
    if (known === undefined || !name)
      return `--columns ${part}: write time=…,key=…; also session, family, scope.`
    columns[known] = name.trim()
  }
  return columns
}

function durationMs(text: string): number | undefined {
  const { value, unit } = /^(?<value>\d{1,6}(?:\.\d{1,3})?)(?<unit>ms|s|m|h|d)$/u.exec(text)?.groups ?? {}
  const factors = { ms: 1, s: 1000, m: minuteMs, h: 60 * minuteMs, d: 1440 * minuteMs } as const
  if (value === undefined || !(unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h' || unit === 'd'))
    return undefined
  return Number(value) * factors[unit]
}

function shareOf(text: string): number | undefined {
  const value = /^(?<value>\d{1,3}(?:\.\d+)?)%$/u.exec(text)?.groups?.['value']
  const share = Number(value) / 100
  return value !== undefined && share <= 1 ? share : undefined
}

function asJson(read: ReadTrace, assumptions: ReplayAssumptions, rows: readonly ReplayRow[]): object {
  return {
    trace: {
      format: read.format,
      events: read.trace.count,
      skippedLines: read.skippedLines,
      distinctKeys: read.trace.keyCount,
      from: new Date(read.trace.firstMs).toISOString(),
      to: new Date(read.trace.lastMs).toISOString(),
    },
    assumptions,
    policies: rows.map(({ name, result, ...row }) => ({
      name,
      requests: result.requests,
      hitsByClass: result.classes,
      made: result.made,
      byKind: result.byKind,
      precision: row.precision ?? null,
      coverage: row.coverage,
      wastedPerUseful: row.wastedPerUseful ?? null,
      oracleCapture: row.oracleCapture ?? null,
      demandGenerations: result.demandGenerations,
      extraGenerations: row.extraGenerations,
      p50Ms: row.p50Ms,
      p99Ms: row.p99Ms,
    })),
  }
}

function asText(
  { trace, format, skippedLines }: ReadTrace,
  assumptions: ReplayAssumptions,
  rows: readonly ReplayRow[],
): string {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
  const header = [
    '',
    'hit',
    'pre-gen.',
    'stale',
    'joined',
    'late',
    'miss',
    'made',
    'precision',
    'coverage',
    'wasted/useful',
    'of oracle',
    'extra gen.',
    'P50',
    'P99',
  ]
  const table = rows.map((row) => [
    row.name,
    ...(['hit', 'pre-generated', 'stale', 'collapsed', 'late', 'miss'] as const).map((each) =>
      percent(row.result.classes[each] / Math.max(1, row.result.requests)),
    ),
    String(row.result.made.made),
    row.precision === undefined ? '–' : row.precision.toFixed(3),
    percent(row.coverage),
    row.wastedPerUseful === undefined ? '–' : row.wastedPerUseful.toFixed(2),
    row.oracleCapture === undefined ? '–' : percent(row.oracleCapture),
    String(row.extraGenerations),
    `${(row.p50Ms / 1000).toFixed(1)} s`,
    `${(row.p99Ms / 1000).toFixed(1)} s`,
  ])
  return [
    `${trace.count} requests (${format}) for ${trace.keyCount} keys, ${day(trace.firstMs)} to ${day(trace.lastMs)} UTC; ${skippedLines} lines skipped.`,
    `Supposed: all results are retired ${assumptions.retires}; a generation takes ${assumptions.serviceMs / 1000} s; ahead of demand at most`,
    `${percent(assumptions.budgetShare)} of the distinct keys of the day before, a day and scope; TTL, where a row has one, ${assumptions.ttlMs / minuteMs} min.`,
    '',
    ...aligned([header, ...table]),
    '',
    verdict(rows),
    '',
  ].join('\n')
}

function verdict(rows: readonly ReplayRow[]): string {
  const ours = rows.find(({ name }) => name === 'darkroom')
  if (ours === undefined || ours.result.made.made === 0)
    return 'The policy abstained: this log shows no pattern that would pay for generating ahead. Nothing was spent.'
  const { made, used, late } = ours.result.made
  return `Made ahead ${made}, asked for ${used + late} (${late} of them too late to save the whole wait); by what they were for: ${Object.entries(
    ours.result.byKind,
  )
    .filter(([, tally]) => tally.made > 0)
    .map(([kind, tally]) => `${kind} ${tally.used + tally.late} of ${tally.made}`)
    .join(', ')}.`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
}

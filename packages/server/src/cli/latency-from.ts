import { milliseconds } from '../latency/check/report.ts'
import type { LatencyReport } from '../latency/latency-query.ts'
import type { Comparison } from '../latency/markers.ts'
import { callApi } from './api-call.ts'
import { comparisonText, short } from './comparison-text.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'

/** Options of `darkroom latency --from` and `--compare` as commander gives them. */
export interface LatencyFromOptions {
  /** `server`, or the URL of one. */
  from?: string
  /** The number of a marker. */
  compare?: string
  url?: string
  server?: string
  window?: string
  by?: string
  stage?: string
  class?: string
  json: boolean
}

/** `darkroom latency --from server`: the percentiles that a running server has measured itself. */
export async function latencyFromCommand(
  options: LatencyFromOptions,
  io: CommandEnvironment,
): Promise<number> {
  const { from = 'server' } = options
  const server = from === 'server' ? (options.url ?? options.server) : from
  if (from !== 'server' && !URL.canParse(from)) {
    io.stderr(`--from ${from}: write --from server, or the URL of one.\n`)
    return exitCodes.usage
  }
  if (options.compare !== undefined) return await compareCommand(options.compare, server, options, io)
  const query = queryOf({
    by: options.by,
    window: options.window,
    stage: options.stage,
    class: options.class,
  })
  const told = await callApi({ method: 'GET', path: `/v1/latency?${query}`, server }, io)
  if (typeof told === 'number') return told
  io.stdout(options.json ? `${JSON.stringify(told.answer)}\n` : latencyText(told.answer as LatencyReport))
  return exitCodes.done
}

/** The comparison around a marker, printed. @returns the exit code */
export async function compareCommand(
  id: string,
  server: string | undefined,
  options: Pick<LatencyFromOptions, 'window' | 'stage' | 'class' | 'json'>,
  io: CommandEnvironment,
): Promise<number> {
  const query = queryOf({ window: options.window, stage: options.stage, class: options.class })
  const path = `/v1/markers/${encodeURIComponent(id)}/comparison?${query}`
  const told = await callApi({ method: 'GET', path, server }, io)
  if (typeof told === 'number') return told
  io.stdout(options.json ? `${JSON.stringify(told.answer)}\n` : comparisonText(told.answer as Comparison))
  return exitCodes.done
}

function queryOf(fields: Record<string, string | undefined>): URLSearchParams {
  return new URLSearchParams(
    Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined),
  )
}

function latencyText({ groups, by, stage, from, to }: LatencyReport): string {
  const width = Math.max(by.length, 10, ...groups.map(({ name }) => name.length))
  const head = ['n', 'mean', 'p50', 'p95', 'p99', 'p99.9', 'max']
  const rows = groups.map(({ name, count, meanMs, p50Ms, p95Ms, p99Ms, p999Ms, maxMs }) =>
    line(name === '' ? '(none)' : name, [
      String(count),
      ...[meanMs, p50Ms, p95Ms, p99Ms, p999Ms, maxMs].map(milliseconds),
    ]),
  )
  function line(name: string, cells: readonly string[]): string {
    return `${name.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join('')}`
  }
  return [
    `${by === 'stage' ? 'every stage' : stage}, ${short(from)} to ${short(to)}`,
    '',
    line(by, head),
    ...rows,
    ...(rows.length === 0 ? ['nothing was measured'] : []),
    '',
  ].join('\n')
}

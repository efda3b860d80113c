import { judge, parseBudget } from '../latency/check/budget.ts'
import type { Limit } from '../latency/check/budget.ts'
import type { Pace } from '../latency/check/load.ts'
import { runLoad } from '../latency/check/load.ts'
import { createProbe } from '../latency/check/probe.ts'
import { reportOf, reportText } from '../latency/check/report.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import type { LatencyFromOptions } from './latency-from.ts'
import { latencyFromCommand } from './latency-from.ts'

/** Options of `darkroom latency` as commander gives them. */
export interface LatencyCommandOptions extends LatencyFromOptions {
  /** The URL to check. */
  check?: string
  n: string
  warmUp: string
  rate?: string
  concurrency: string
  budget?: string
  timeout: string
  /** `Name: value`. */
  header: readonly string[]
}

/** What a command line asks for, checked. */
interface Ask {
  url: URL
  count: number
  warmUpCount: number
  pace: Pace
  limits: Limit[]
  timeoutMs: number
  headers: Record<string, string>
}

/** `darkroom latency --check URL`: what readers of that URL wait, measured from here. */
export async function latencyCommand(
  options: LatencyCommandOptions,
  io: CommandEnvironment,
): Promise<number> {
  if (options.from !== undefined || options.compare !== undefined) {
    if (options.check === undefined) return await latencyFromCommand(options, io)
    io.stderr('Say one: --check <url>, or --from server.\n')
    return exitCodes.usage
  }
  const ask = askOf(options)
  if (typeof ask === 'string') {
    io.stderr(`${ask}\n`)
    return exitCodes.usage
  }
  const { url, count, warmUpCount, pace, limits, timeoutMs, headers } = ask
  const probe = createProbe({ url, headers, timeoutMs })
  try {
    // Connections, caches and compilers are warm afterwards; what they cost is in no sample.
    await runLoad(probe, warmUpCount, { kind: 'closed', concurrency: 1 })
    const result = await runLoad(probe, count, pace)
    const about = { url: url.href, pace: paceText(pace), requests: count }
    const report = reportOf(about, result, judge(limits, result.samples))
    io.stdout(options.json ? `${JSON.stringify(report)}\n` : reportText(report, result.samples))
    return report.ok ? exitCodes.done : exitCodes.failed
  } finally {
    probe.close()
  }
}

function paceText(pace: Pace): string {
  if (pace.kind === 'open') return `${pace.ratePerSecond} a second, each timed from when it was due`
  return pace.concurrency === 1 ? 'one after another' : `${pace.concurrency} clients, one after another each`
}

/** @returns what is wrong, in words, where something is */
function askOf(options: LatencyCommandOptions): Ask | string {
  const url = urlOf(options.check)
  if (url === undefined)
    return 'Say what to check: --check https://host/path; or --from server for what it has measured itself.'
  const count = numberOf(options.n, 1, 1_000_000)
  if (count === undefined) return `--n ${options.n} is no whole number from 1 to 1000000.`
  const warmUpCount = numberOf(options.warmUp, 0, 1_000_000)
  if (warmUpCount === undefined) return `--warm-up ${options.warmUp} is no whole number from 0.`
  const timeoutS = numberOf(options.timeout, 1, 3600)
  if (timeoutS === undefined)
    return `--timeout ${options.timeout} is no whole number of seconds from 1 to 3600.`
  const pace = paceOf(options)
  if (typeof pace === 'string') return pace
  const budget = options.budget === undefined ? { limits: [] } : parseBudget(options.budget)
  if ('fault' in budget) return `--budget: "${budget.fault}" is no limit; write p99=50ms or hit.ttfb.p50=5ms.`
  const headers = headersOf(options.header)
  if (typeof headers === 'string') return headers
  return { url, count, warmUpCount, pace, limits: budget.limits, timeoutMs: timeoutS * 1000, headers }
}

function urlOf(text: string | undefined): URL | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined
}

function paceOf({ rate, concurrency }: LatencyCommandOptions): Pace | string {
  if (rate === undefined) {
    const clients = numberOf(concurrency, 1, 1000)
    if (clients === undefined) return `--concurrency ${concurrency} is no whole number from 1 to 1000.`
    return { kind: 'closed', concurrency: clients }
  }
  const ratePerSecond = Number(rate)
  if (!(ratePerSecond > 0 && ratePerSecond <= 10_000)) return `--rate ${rate} is no number up to 10000.`
  return { kind: 'open', ratePerSecond }
}

function headersOf(lines: readonly string[]): Record<string, string> | string {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const match = /^(?<name>[!#$%&'*+.^_`|~\w-]+):\s*(?<value>[\t\u0020-\u007e]*)$/u.exec(line)?.groups
    // The value may be a secret: it is not repeated.
    if (match?.['name'] === undefined) return '--header must look like "Name: value".'
    headers[match['name']] = match['value'] ?? ''
  }
  return headers
}

function numberOf(text: string, least: number, most: number): number | undefined {
  const value = Number(text)
  return /^\d{1,9}$/u.test(text) && value >= least && value <= most ? value : undefined
}

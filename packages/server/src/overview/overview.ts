import { createFlights } from '@darkroom/once'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { ClassLatency, OverviewReport, RequestsReport } from './overview-report.ts'
import { readFailures } from './read-failures.ts'
import { readQueue } from './read-queue.ts'
import { readWorkers } from './read-workers.ts'

/** Of traffic and failures. */
const windowMs = 5 * 60_000

/** What was read a moment ago is good for the next who asks: many pages look at one platform. */
const freshMs = 1000

/** How the platform is now. */
export interface Overview {
  /** Read once for all who ask within a second. @throws Error while the database is away */
  read(): Promise<OverviewReport>
}

export interface OverviewOptions {
  database: Kysely<Schema>
  /** Durations of all processes in a window, by cache class. */
  traffic(window: { fromMs: number; toMs: number }): Promise<readonly ClassLatency[]>
  now: () => number
}

export function createOverview({ database, traffic, now }: OverviewOptions): Overview {
  const flights = createFlights<OverviewReport>({ whenAbandoned: 'finish' })
  let kept: { report: OverviewReport; atMs: number } | undefined
  const readAll = async (): Promise<OverviewReport> => {
    const atMs = now()
    const [latency, queue, workers, failures] = await Promise.all([
      traffic({ fromMs: atMs - windowMs, toMs: atMs + 1 }),
      readQueue(database, atMs),
      readWorkers(database),
      readFailures(database, new Date(atMs - windowMs)),
    ])
    const at = new Date(atMs).toISOString()
    return { at, requests: requestsOf(latency), latency: [...latency], queue, workers, failures }
  }
  return {
    read: async () => {
      if (kept !== undefined && Math.abs(now() - kept.atMs) < freshMs) return kept.report
      const unit = { kind: 'overview', key: 'now', domain: 'platform' }
      const { value } = await flights.run(unit, async () => {
        const report = await readAll()
        kept = { report, atMs: now() }
        return { value: report }
      })
      return value
    },
  }
}

/** Counts of the classes, and the share of pictures that needed no work. Exported for its test. */
export function requestsOf(latency: readonly ClassLatency[]): RequestsReport {
  const byClass = Object.fromEntries(latency.map((row) => [row.class, row.count]))
  const sum = (names: readonly string[]): number =>
    names.reduce((total, name) => total + (byClass[name] ?? 0), 0)
  const ready = sum(['hit', 'stale', 'pre-generated'])
  const pictures = ready + sum(['collapsed', 'miss'])
  return {
    perMinute: Math.round((pictures / (windowMs / 60_000)) * 10) / 10,
    byClass,
    hitShare: pictures === 0 ? null : ready / pictures,
  }
}

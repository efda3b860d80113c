import type { Kysely } from 'kysely'
import type { Notifier } from '../database/notifier.ts'
import type { Schema } from '../database/schema.ts'
import type { Explainer } from './explain/explainer.ts'
import { createExplainer } from './explain/explainer.ts'
import type { Gauge } from './exposition.ts'
import { exposition } from './exposition.ts'
import type { Flusher } from './flusher.ts'
import type { LatencyAsk, LatencyReport } from './latency-query.ts'
import { readLatency } from './latency-query.ts'
import type { LedgerReport } from './ledger-query.ts'
import { readLedger } from './ledger-query.ts'
import type { Markers } from './markers.ts'
import { createMarkers } from './markers.ts'
import type { Measurements } from './measurements.ts'

/** What was measured, as the gateway's routes ask for it: of all processes, but for the exposition. */
export interface Measuring {
  latency(ask: LatencyAsk): Promise<LatencyReport>
  ledger(ask: { fromMs: number; toMs: number }): Promise<LedgerReport>
  readonly markers: Markers
  readonly explain: Explainer
  /** This process, as Prometheus or OpenMetrics text. */
  exposition(options: { openMetrics: boolean; version: string }): string
}

export interface MeasuringOptions {
  database: Kysely<Schema>
  measurements: Measurements
  flusher: Flusher
  /** The channel of markers. */
  channel: Pick<Notifier, 'notify'>
  now: () => number
  gauges?: () => readonly Gauge[]
}

/** Reads begin with what this process has not stored yet: who asks what just happened is told. */
export function createMeasuring(options: MeasuringOptions): Measuring {
  const { database, measurements, flusher, channel, now, gauges = () => [] } = options
  const markers = createMarkers({
    database,
    now,
    cut: async (atMs) => {
      measurements.cut(atMs)
      await channel.notify([String(atMs)])
    },
  })
  return {
    latency: async (ask) => {
      await flusher.flush()
      return await readLatency(database, ask)
    },
    ledger: async (ask) => {
      await flusher.flush()
      return await readLedger(database, ask)
    },
    markers: {
      ...markers,
      compare: async (id, ask) => {
        await flusher.flush()
        return await markers.compare(id, ask)
      },
    },
    explain: createExplainer(database, now),
    exposition: createExposition(measurements, gauges),
  }
}

/** The figures of this process alone: for workers too, which answer nothing else of what was measured. */
export function createExposition(
  measurements: Pick<Measurements, 'totals'>,
  gauges: () => readonly Gauge[] = () => [],
  withMoney: boolean = true,
): Measuring['exposition'] {
  return ({ openMetrics, version }) =>
    exposition({
      ...measurements.totals(),
      gauges: [...processGauges(), ...gauges()],
      version,
      openMetrics,
      withMoney,
    })
}

/** Cuts slices where another process has set a marker; its own it has cut already. */
export function cutAtMarkers(
  channel: Pick<Notifier, 'onNotification'>,
  measurements: Measurements,
): () => void {
  return channel.onNotification((payload) => {
    const atMs = Number(payload)
    if (Number.isFinite(atMs)) measurements.cut(atMs)
  })
}

function processGauges(): Gauge[] {
  return [
    {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory of the process.',
      value: process.memoryUsage.rss(),
    },
    {
      name: 'process_start_time_seconds',
      help: 'When the process began, in seconds since 1970.',
      value: Math.round(performance.timeOrigin / 1000),
    },
  ]
}

import { hostname } from 'node:os'
import { createNotifier } from './database/notifier.ts'
import type { Closers } from './closers.ts'
import type { Gauge } from './latency/exposition.ts'
import type { Flusher } from './latency/flusher.ts'
import { startFlusher } from './latency/flusher.ts'
import type { Measurements } from './latency/measurements.ts'
import { createMeasurements } from './latency/measurements.ts'
import type { Measuring } from './latency/measuring.ts'
import { createMeasuring, cutAtMarkers } from './latency/measuring.ts'
import type { Recorder } from './latency/recorder.ts'
import { startRollUps } from './latency/roll-up.ts'
import type { Foundation, PlatformOptions } from './platform.ts'
import { version } from './version.ts'

/** What a process measures with, and where it goes. */
export interface MeasuringParts {
  /** What every room is handed. */
  readonly recorder: Recorder
  readonly measurements: Measurements
  readonly flusher: Flusher
}

/** Measuring itself: in memory from the first moment. */
export function composeMeasurements({ now, clock, recorder: around = (own) => own }: PlatformOptions): {
  measurements: Measurements
  recorder: Recorder
} {
  const measurements = createMeasurements({ now, clock })
  return { measurements, recorder: around(measurements) }
}

/** Storing it, by the number that this process is known by. */
export function composeFlusher(
  { log }: PlatformOptions,
  parts: Pick<Foundation, 'database'> & { measurements: Measurements; process: number },
  closers: Closers,
): Flusher {
  const flusher = startFlusher({ ...parts, log })
  closers.add('what was measured', () => flusher.close())
  return flusher
}

/** Loaded only where it is switched on: otherwise it costs no byte and no millisecond. */
export async function composeOtlp(
  { config, log, now = Date.now }: PlatformOptions,
  { measurements, process: instance }: { measurements: Measurements; process: number },
  closers: Closers,
): Promise<void> {
  if (config.otlp === undefined) return
  const { startOtlpExporter } = await import('./latency/otlp/otlp-exporter.ts')
  const instanceId = `${hostname()}:${process.pid}:${instance}`
  const exporter = startOtlpExporter({ ...config.otlp, version, instanceId, measurements, now, log })
  measurements.tracer = exporter.tracer
  closers.add('traces and metrics', () => exporter.close())
}

/** Every process hears of markers, so that what it measures is kept apart before and after. */
export async function composeMarkerChannel(
  {
    database,
    listener,
    measurements,
  }: Pick<Foundation, 'database' | 'listener'> & { measurements: Measurements },
  closers: Closers,
): Promise<Awaited<ReturnType<typeof createNotifier>>> {
  const channel = await createNotifier({ database, listener, channel: 'darkroom_marker' })
  closers.add('the channel of markers', () => channel.close())
  cutAtMarkers(channel, measurements)
  return channel
}

/** Reading what all processes measured: for those that answer requests. */
export function composeMeasuring(
  { log, now = Date.now }: PlatformOptions,
  { database, measuring, markerChannel: channel }: Foundation,
  gauges: () => readonly Gauge[],
  closers: Closers,
): Measuring {
  const rollUps = startRollUps({ database, now, log })
  closers.add('the sums of what was measured', () => rollUps.close())
  return createMeasuring({ ...measuring, database, channel, now, gauges })
}

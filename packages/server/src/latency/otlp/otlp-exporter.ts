import type { Measurements } from '../measurements.ts'
import type { TraceContext } from '../trace-context.ts'
import { randomHex } from '../trace-context.ts'
import type { FinishedSpan, Tracer } from '../tracer.ts'
import type { OtlpConfig } from '../variables.ts'
import type { OtlpResource } from './otlp-json.ts'
import { metricsBody, tracesBody } from './otlp-json.ts'

export interface OtlpExporterOptions extends OtlpConfig {
  version: string
  instanceId: string
  measurements: Pick<Measurements, 'totals'>
  now: () => number
  log: { warn(fields: object, message: string): void }
  /** How often is sent. Default: traces every 5 s, metrics every 60 s, as in OpenTelemetry. */
  traceIntervalMs?: number
  metricIntervalMs?: number
  /** How long the last sending may hold up the end of the process. Default 2 s. */
  closeMs?: number
}

export interface OtlpExporter {
  readonly tracer: Tracer
  /** Sends what there is now. Does not throw. */
  send(): Promise<void>
  close(): Promise<void>
}

/** Spans that wait to be sent; beyond, the newest are dropped, as OpenTelemetry's own exporters do. */
const maxWaiting = 2048
const maxPerRequest = 512
const timeoutMs = 10_000

/** Sends spans and metrics to a collector. One that is away or never answers costs a warning, and nothing else. */
export function startOtlpExporter(options: OtlpExporterOptions): OtlpExporter {
  const { endpoint, measurements, now, log, sampledShare } = options
  const { serviceName, version, instanceId } = options
  const resource: OtlpResource = { serviceName, version, instanceId }
  const startedMs = now()
  let waiting: FinishedSpan[] = []
  let isAway = false
  const closing = new AbortController()

  /** @returns whether the collector took it; once the time to close is over it is not even asked */
  async function post(path: string, body: object): Promise<boolean> {
    try {
      const response = await fetch(`${endpoint.replace(/\/$/u, '')}${path}`, {
        method: 'POST',
        headers: { ...options.headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`the collector answered ${response.status}`)
      isAway = false
      return true
    } catch (error) {
      if (!isAway) log.warn({ err: error }, 'traces or metrics could not be sent')
      isAway = true
      return false
    }
  }

  async function sendSpans(): Promise<void> {
    const spans = waiting
    waiting = []
    for (let at = 0; at < spans.length; at += maxPerRequest) {
      // The rest would wait as long, and be as late.
      if (!(await post('/v1/traces', tracesBody(resource, spans.slice(at, at + maxPerRequest))))) return
    }
  }

  async function sendMetrics(): Promise<void> {
    await post('/v1/metrics', metricsBody(resource, { ...measurements.totals(), startedMs, nowMs: now() }))
  }

  const traces = oneAtATime(sendSpans)
  const metrics = oneAtATime(sendMetrics)
  const timers = [
    setInterval(traces.tick, options.traceIntervalMs ?? 5000),
    setInterval(metrics.tick, options.metricIntervalMs ?? 60_000),
  ]
  for (const timer of timers) timer.unref()
  const send = async (): Promise<void> => {
    await Promise.all([traces.afterThis(), metrics.afterThis()])
  }
  return {
    tracer: {
      begin: (parent): TraceContext => ({
        traceId: parent?.traceId ?? randomHex(16),
        spanId: randomHex(8),
        sampled: parent?.sampled ?? Math.random() < sampledShare,
      }),
      end: (span) => {
        if (span.context.sampled && waiting.length < maxWaiting) waiting.push(span)
      },
    },
    send,
    close: async () => {
      for (const timer of timers) clearInterval(timer)
      const giveUp = setTimeout(() => closing.abort(), options.closeMs ?? 2000)
      await send()
      clearTimeout(giveUp)
    },
  }
}

/**
 * A sending that runs once at a time. A turn of the clock that finds one under way is left out: behind a collector
 * that takes longer than a turn they would line up without an end.
 */
function oneAtATime(work: () => Promise<void>): { tick: () => void; afterThis(): Promise<void> } {
  let running: Promise<void> | undefined
  const begin = (): Promise<void> => {
    const own = work().finally(() => {
      if (running === own) running = undefined
    })
    running = own
    return own
  }
  return {
    tick: () => {
      if (running === undefined) void begin()
    },
    afterThis: async () => {
      await running
      await begin()
    },
  }
}

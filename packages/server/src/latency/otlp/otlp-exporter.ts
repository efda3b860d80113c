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

/** Sends spans and metrics to a collector. A collector that is away costs a warning, and nothing else. */
export function startOtlpExporter(options: OtlpExporterOptions): OtlpExporter {
  const { endpoint, measurements, now, log, sampledShare } = options
  const { serviceName, version, instanceId } = options
  const resource: OtlpResource = { serviceName, version, instanceId }
  const startedMs = now()
  let waiting: FinishedSpan[] = []
  let isAway = false
  let running: Promise<void> = Promise.resolve()

  async function post(path: string, body: object): Promise<void> {
    try {
      const response = await fetch(`${endpoint.replace(/\/$/u, '')}${path}`, {
        method: 'POST',
        headers: { ...options.headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`the collector answered ${response.status}`)
      isAway = false
    } catch (error) {
      if (!isAway) log.warn({ err: error }, 'traces or metrics could not be sent')
      isAway = true
    }
  }

  async function sendSpans(): Promise<void> {
    const spans = waiting
    waiting = []
    for (let at = 0; at < spans.length; at += maxPerRequest) {
      await post('/v1/traces', tracesBody(resource, spans.slice(at, at + maxPerRequest)))
    }
  }

  async function sendMetrics(): Promise<void> {
    await post('/v1/metrics', metricsBody(resource, { ...measurements.totals(), startedMs, nowMs: now() }))
  }

  const queue = (work: () => Promise<void>): Promise<void> => (running = running.then(work))
  const timers = [
    setInterval(() => void queue(sendSpans), options.traceIntervalMs ?? 5000),
    setInterval(() => void queue(sendMetrics), options.metricIntervalMs ?? 60_000),
  ]
  for (const timer of timers) timer.unref()
  const send = async (): Promise<void> => {
    await queue(sendSpans)
    await queue(sendMetrics)
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
      await send()
    },
  }
}

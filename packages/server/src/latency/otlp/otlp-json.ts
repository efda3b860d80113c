import type { LedgerTally, Series } from '../slice.ts'
import { stageNames } from '../labels.ts'
import { jobRoutePrefix } from '../labels.ts'
import type { FinishedSpan } from '../tracer.ts'
import { randomHex } from '../trace-context.ts'
import type { Histogram } from '../histogram.ts'

/** Who sends: the same for all that one process sends. */
export interface OtlpResource {
  serviceName: string
  version: string
  /** Unique among running processes. */
  instanceId: string
}

const scope = { name: 'darkroom' }
const spanKinds = { server: 2, consumer: 5 } as const
const internalKind = 1
const errorStatus = { code: 2 }

/** The body of `POST /v1/traces` (OTLP 1.x, JSON encoding: ids in hexadecimal, 64 bit integers as text). */
export function tracesBody(resource: OtlpResource, spans: readonly FinishedSpan[]): object {
  return {
    resourceSpans: [
      { resource: resourceOf(resource), scopeSpans: [{ scope, spans: spans.flatMap(withStages) }] },
    ],
  }
}

function withStages(span: FinishedSpan): object[] {
  const { traceId, spanId } = span.context
  const children: object[] = []
  let atMs = span.startMs
  for (const [name, durationMs] of span.stages) {
    const times = timesOf(atMs, atMs + durationMs)
    children.push({
      traceId,
      spanId: randomHex(8),
      parentSpanId: spanId,
      name,
      kind: internalKind,
      ...times,
    })
    atMs += durationMs
  }
  const own = {
    traceId,
    spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: spanKinds[span.kind],
    ...timesOf(span.startMs, span.endMs),
    attributes: attributesOf(span.attributes),
    ...(span.failed ? { status: errorStatus } : {}),
  }
  return [own, ...children]
}

function timesOf(startMs: number, endMs: number): { startTimeUnixNano: string; endTimeUnixNano: string } {
  return { startTimeUnixNano: nanos(startMs), endTimeUnixNano: nanos(endMs) }
}

/** Milliseconds to nanoseconds, beyond what a number holds exactly. */
function nanos(timeMs: number): string {
  const whole = Math.floor(timeMs)
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((timeMs - whole) * 1e6)))
}

/** Sums since `startedMs`, as a collector adds them up itself. */
const cumulative = 2

/** The body of `POST /v1/metrics`: our histograms as they are, which are exponential ones of scale 6. */
export function metricsBody(
  resource: OtlpResource,
  measured: { series: readonly Series[]; tallies: readonly LedgerTally[]; startedMs: number; nowMs: number },
): object {
  const times = { startTimeUnixNano: nanos(measured.startedMs), timeUnixNano: nanos(measured.nowMs) }
  const requests: object[] = []
  const stages: object[] = []
  for (const { labels, histograms } of measured.series) {
    for (const [index, stage] of stageNames.entries()) {
      const histogram = histograms[index]
      if (histogram === undefined) continue
      const own = { route: labels.route, class: labels.cacheClass }
      const isJob = labels.route.startsWith(jobRoutePrefix)
      if (stage === 'total' && !isJob) requests.push({ ...times, ...pointOf(histogram, own) })
      else stages.push({ ...times, ...pointOf(histogram, { ...own, stage }) })
    }
  }
  const units = measured.tallies.flatMap(({ kind, axis, ran, joined, cached }) =>
    Object.entries({ ran, joined, cached }).map(([how, value]) => ({
      ...times,
      asDouble: value,
      attributes: attributesOf({ kind, axis, how }),
    })),
  )
  const saved = measured.tallies.map(({ kind, axis, savedMs }) => ({
    ...times,
    asDouble: savedMs,
    attributes: attributesOf({ kind, axis }),
  }))
  const metrics = [
    histogramMetric('darkroom.request.duration', 'Requests until the head of their answer.', requests),
    histogramMetric('darkroom.stage.duration', 'Stages of requests and jobs.', stages),
    sumMetric('darkroom.work.units', '{unit}', 'Units of work by how their askers were answered.', units),
    sumMetric('darkroom.work.saved', 'ms', 'Time that joined and cached work did not take.', saved),
  ]
  return { resourceMetrics: [{ resource: resourceOf(resource), scopeMetrics: [{ scope, metrics }] }] }
}

function histogramMetric(name: string, description: string, dataPoints: readonly object[]): object {
  const exponentialHistogram = { aggregationTemporality: cumulative, dataPoints }
  return { name, description, unit: 'ms', exponentialHistogram }
}

function sumMetric(name: string, unit: string, description: string, dataPoints: readonly object[]): object {
  return {
    name,
    description,
    unit,
    sum: { aggregationTemporality: cumulative, isMonotonic: true, dataPoints },
  }
}

function pointOf(histogram: Histogram, attributes: Record<string, string>): object {
  const { first, counts } = histogram.buckets()
  return {
    attributes: attributesOf(attributes),
    count: String(histogram.count),
    sum: histogram.sumMs,
    min: histogram.minMs,
    max: histogram.maxMs,
    scale: 6,
    zeroCount: '0',
    positive: { offset: first, bucketCounts: Array.from(counts, String) },
  }
}

function attributesOf(values: Readonly<Record<string, string | number>>): object[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { doubleValue: value },
  }))
}

function resourceOf({ serviceName, version, instanceId }: OtlpResource): object {
  return {
    attributes: attributesOf({
      'service.name': serviceName,
      'service.version': version,
      'service.instance.id': instanceId,
    }),
  }
}

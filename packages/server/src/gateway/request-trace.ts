import type { Labels } from '../latency/labels.ts'
import type { Recorder } from '../latency/recorder.ts'
import type { StageTimings } from '../latency/stage-timings.ts'
import { parseTraceparent, traceparentOf } from '../latency/trace-context.ts'

/** What a request was, once it has been answered. */
interface Answered {
  method: string
  status: number
  labels: Labels
  stages: StageTimings
  /** Milliseconds since 1970. */
  startedAt: number
}

/** A request's place in a trace. */
export interface RequestTrace {
  traceId: string | undefined
  /** What work for the request belongs to: this request's span, or its caller's where none is recorded here. */
  traceparent: string | undefined
  /** Only where traces are switched on. */
  end?: (answered: Answered) => void
}

const none: RequestTrace = { traceId: undefined, traceparent: undefined }

export function traceOf(request: Request, { tracer, now }: Pick<Recorder, 'tracer' | 'now'>): RequestTrace {
  const parent = parseTraceparent(request.headers.get('traceparent'))
  if (tracer === undefined) {
    return parent === undefined ? none : { traceId: parent.traceId, traceparent: traceparentOf(parent) }
  }
  const context = tracer.begin(parent)
  const startedMs = now()
  return {
    traceId: context.traceId,
    traceparent: traceparentOf(context),
    end: ({ method, status, labels, stages, startedAt }) =>
      tracer.end({
        context,
        parentSpanId: parent?.spanId,
        name: `${method} ${labels.route}`,
        kind: 'server',
        startMs: startedAt,
        endMs: startedAt + now() - startedMs,
        attributes: {
          'http.request.method': method,
          'http.route': labels.route,
          'http.response.status_code': status,
          'darkroom.class': labels.cacheClass,
          'darkroom.scope': labels.scope,
          'darkroom.model': labels.model,
        },
        stages: stages.names.map((name, at) => [name, stages.valuesMs[at] ?? 0]),
        failed: status >= 500,
      }),
  }
}

import type { StoredTimings } from '../database/schema.ts'
import type { GenerationRow } from '../generation/generation-row.ts'
import type { Labels } from '../latency/labels.ts'
import { scopeLabel } from '../latency/labels.ts'
import type { Recorder } from '../latency/recorder.ts'
import { stagesOf } from '../latency/recorder.ts'
import type { StageTimings } from '../latency/stage-timings.ts'
import type { TraceContext } from '../latency/trace-context.ts'
import { parseTraceparent } from '../latency/trace-context.ts'
import type { Tracer } from '../latency/tracer.ts'

/** The stages of one run of a generation, by the clock of this process and not by what a backend says of itself. */
export interface JobMeasurement {
  measure<T>(stage: 'encode' | 'store', run: () => T): T
  /** What the backend does now. */
  hear(type: string): void
  /** The backend has ended. @param loadMs its own word for how long it loaded, where it told of no loading */
  drawn(loadMs: number | undefined): void
  timings(): StoredTimings
  /** Records the run. Once. */
  end(outcome: { bytes?: number; costUsd?: number | undefined; failed: boolean }): void
}

/** @param startedAt milliseconds since 1970, by the clock that the record's times are written with */
export function measureJob(
  row: GenerationRow,
  startedAt: number,
  recorder: Recorder | undefined,
): JobMeasurement {
  const now = recorder === undefined ? () => performance.now() : () => recorder.now()
  const stages = stagesOf(recorder)
  const beganMs = now()
  let loadingSinceMs: number | undefined
  let loadMs = 0
  let drewMs: number | undefined
  let ended = false
  const queueMs = Math.max(0, startedAt - row.queued_at.getTime())
  stages.add('queue', queueMs)

  function loaded(): void {
    if (loadingSinceMs !== undefined) loadMs += now() - loadingSinceMs
    loadingSinceMs = undefined
  }

  return {
    measure: (stage, run) => stages.measure(stage, run),
    hear: (type) => {
      if (type === 'loading') loadingSinceMs ??= now()
      else loaded()
    },
    drawn: (toldMs = 0) => {
      loaded()
      const wholeMs = now() - beganMs
      if (loadMs === 0) loadMs = Math.min(toldMs, wholeMs)
      // Also where the model was there: every job has this stage.
      stages.add('warm', loadMs)
      drewMs = wholeMs - loadMs
      stages.add('generate', drewMs)
    },
    timings: () => {
      const of = (stage: string): number | undefined => stages.get(stage)
      const [load, generate, encode, store] = [of('warm'), of('generate'), of('encode'), of('store')]
      return {
        queueMs,
        ...(load === undefined ? {} : { loadMs: rounded(load) }),
        ...(generate === undefined ? {} : { generateMs: rounded(generate) }),
        ...(encode === undefined ? {} : { verifyMs: rounded(encode) }),
        ...(store === undefined ? {} : { storeMs: rounded(store) }),
      }
    },
    end: ({ bytes, costUsd, failed }) => {
      if (ended || recorder === undefined) return
      ended = true
      const ranMs = now() - beganMs
      const cacheClass = row.priority === 'speculative' ? 'pre-generated' : 'miss'
      const scope = scopeLabel(row.project, row.scope)
      const trace = parseTraceparent(row.traceparent)
      const labels: Labels = { route: 'job/generation', cacheClass, scope, model: row.alias }
      recorder.record(labels, stages, queueMs + ranMs, trace?.traceId)
      traceJob(recorder.tracer, trace, { labels, stages, queueMs, startedAt, ranMs, failed })
      const axis = row.priority === 'speculative' ? 'ahead' : 'concurrent'
      recorder.ledger.record({
        kind: 'generation',
        axis,
        how: 'ran',
        durationMs: ranMs,
        bytes,
        costUsd,
        failed,
      })
      if (row.reruns > 0) recorder.ledger.rerun('generation')
    },
  }
}

/** The job as a part of the trace of whoever asked first, on this side of the queue. */
function traceJob(
  tracer: Tracer | undefined,
  trace: TraceContext | undefined,
  job: {
    labels: Labels
    stages: StageTimings
    queueMs: number
    startedAt: number
    ranMs: number
    failed: boolean
  },
): void {
  if (tracer === undefined) return
  const { labels, stages, queueMs, startedAt, ranMs, failed } = job
  tracer.end({
    context: tracer.begin(trace),
    parentSpanId: trace?.spanId,
    name: labels.route,
    kind: 'consumer',
    startMs: startedAt - queueMs,
    endMs: startedAt + ranMs,
    attributes: { 'darkroom.scope': labels.scope, 'darkroom.model': labels.model },
    // In the order in which they came.
    stages: stages.names.map((name, at) => [name, stages.valuesMs[at] ?? 0]),
    failed,
  })
}

function rounded(durationMs: number): number {
  return Math.round(durationMs * 100) / 100
}

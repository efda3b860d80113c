import type { StoredTimings } from '../database/schema.ts'
import type { GenerationRow } from '../generation/generation-row.ts'
import { scopeLabel } from '../latency/labels.ts'
import type { Recorder } from '../latency/recorder.ts'
import { stagesOf } from '../latency/recorder.ts'

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
      if (loadMs > 0) stages.add('warm', loadMs)
      drewMs = wholeMs - loadMs
      stages.add('generate', drewMs)
    },
    timings: () => {
      const of = (stage: string): number | undefined => stages.durations.get(stage)
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
      recorder.record(
        { route: 'job/generation', cacheClass, scope, model: row.alias },
        stages,
        queueMs + ranMs,
      )
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

function rounded(durationMs: number): number {
  return Math.round(durationMs * 100) / 100
}

import type { LedgerWriter } from '@darkroom/once'
import type { Labels } from './labels.ts'
import type { StageTimings } from './stage-timings.ts'
import { createStageTimings, noStageTimings } from './stage-timings.ts'
import type { Tracer } from './tracer.ts'

/** Takes what requests and jobs took. The one interface that every room is handed; nothing here throws or waits. */
export interface Recorder {
  /** A monotonic clock in milliseconds. */
  now(): number
  /** Stages of one request or job. */
  stages(): StageTimings
  /**
   * One request or job, when it has ended.
   * @param totalMs its whole duration; `undefined` for a part of one
   * @param exemplar what finds this one again: the id of its trace or request
   */
  record(labels: Labels, stages: StageTimings, totalMs: number | undefined, exemplar?: string): void
  readonly ledger: WorkLedger
  /** Where traces are switched on. */
  readonly tracer: Tracer | undefined
}

/** The ledger of work that ran and work that was avoided. */
export interface WorkLedger extends LedgerWriter {
  /** A run that was repeated because the process that had begun it died. */
  rerun(kind: string): void
}

/** Measures nothing: each call is a call, and no more. */
export const noRecorder: Recorder = {
  now: () => 0,
  stages: () => noStageTimings,
  record: () => {},
  ledger: { record: () => {}, rerun: () => {} },
  tracer: undefined,
}

/** Stages by their own clock, for whoever has no recorder at hand. */
export function stagesOf(recorder: Pick<Recorder, 'stages'> | undefined): StageTimings {
  return recorder?.stages() ?? createStageTimings()
}

import type { CarouselRow } from '../carousels/carousel-row.ts'
import { scopeLabel } from '../latency/labels.ts'
import type { Recorder } from '../latency/recorder.ts'
import { stagesOf } from '../latency/recorder.ts'
import type { StageTimings } from '../latency/stage-timings.ts'

/**
 * The stages of one run of a carousel: `warm` is getting the base, `generate` until the last slide is drawn, `store`
 * the sum of storing slides, which happens beside the drawing.
 */
export interface CarouselMeasurement extends Pick<StageTimings, 'measure' | 'add'> {
  now(): number
  /** Records the run. */
  end(): void
}

export function measureCarousel(row: CarouselRow, recorder: Recorder | undefined): CarouselMeasurement {
  const now = recorder === undefined ? () => performance.now() : () => recorder.now()
  const stages = stagesOf(recorder)
  const beganMs = now()
  const labels = {
    route: 'job/carousel',
    cacheClass: 'miss',
    scope: scopeLabel(row.project, row.scope),
    model: '',
  } as const
  return {
    now,
    measure: (stage, run) => stages.measure(stage, run),
    add: (stage, durationMs) => stages.add(stage, durationMs),
    end: () => {
      recorder?.record(labels, stages, now() - beganMs)
      if (row.reruns > 0) recorder?.ledger.rerun('carousel')
    },
  }
}

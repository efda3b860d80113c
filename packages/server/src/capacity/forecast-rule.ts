import { lineWorkers } from './backlog-workers.ts'
import type { ScalingRule, WayOptions, WayView } from './scaling-rule.ts'
import { createSteps } from './scaling-steps.ts'
import { createStaffing } from './staffing.ts'

/** What the forecast asks for, and what of it is for those who wait. */
export interface ForecastRule extends ScalingRule {
  waited(waitS: number): void
  /** Without hysteresis: the work expected and its margin; and that with what the line adds. */
  parts(view: WayView): { forecast: number; backlog: number }
}

/** Never more than a pool has that is busy half of its time: a wrong forecast costs no more than that baseline. */
const reactiveTarget = 0.5

export function createForecastRule({ spinUpS, targetWaitS, floor }: WayOptions): ForecastRule {
  const staffing = createStaffing(targetWaitS)
  const steps = createSteps()
  const wait = { spinUpS, targetWaitS }

  function parts({ pool, expected, serviceS }: WayView): { forecast: number; backlog: number } {
    const reactive = Math.ceil((pool.busy + pool.queued) / reactiveTarget)
    const most = Math.max(reactive, Math.ceil(expected.level)) + 1
    const margined = staffing.workers(expected.mean, expected.spread)
    const line = lineWorkers(pool, expected.level, serviceS, wait)
    const atLeast = pool.queued > 0 ? 1 : 0
    return {
      forecast: Math.min(most, Math.ceil(margined)),
      backlog: pool.queued === 0 ? 0 : Math.max(atLeast, Math.min(most, Math.ceil(margined + line))),
    }
  }
  return {
    parts,
    workers: (view) => {
      staffing.advance(view.passedS)
      const { forecast, backlog } = parts(view)
      const present = view.pool.busy + view.pool.idleForMs.length + view.pool.starting
      return steps.next(Math.max(floor, forecast, backlog), present, view.elapsedS)
    },
    waited: (waitS) => staffing.waited(waitS),
  }
}

/** Hysteresis: up at once, down only after some time below, and not for a difference that is noise. */
export interface ScalingSteps {
  /** @param target wanted now; @param present workers there are, starting ones included */
  next(target: number, present: number, elapsedS: number): number
}

const holdS = 120
/** As a multiple of the square root of the workers there are. */
const deadband = 0.3

export function createSteps(): ScalingSteps {
  let belowSinceS: number | undefined
  return {
    next: (target, present, elapsedS) => {
      if (target >= present - deadband * Math.sqrt(present)) {
        belowSinceS = undefined
        // Down to the floor, however small the step: a pool of one may end.
        return Math.max(target, present)
      }
      belowSinceS ??= elapsedS
      return elapsedS - belowSinceS >= holdS ? target : present
    },
  }
}

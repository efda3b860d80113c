/** Seconds that have passed as far as a clock that is set now and then can tell. */
export interface Uptime {
  /** @returns seconds since the last call: none where the clock was set back or ahead */
  advance(nowMs: number): number
  elapsedS(): number
}

/** A longer silence of the caller is a clock that was set, or a machine that slept: nothing was seen of that time. */
const longestS = 300

export function createUptime(): Uptime {
  let lastMs: number | undefined
  let elapsedS = 0
  return {
    advance: (nowMs) => {
      const sinceS = lastMs === undefined ? 0 : (nowMs - lastMs) / 1000
      const passedS = sinceS < 0 || sinceS > longestS ? 0 : sinceS
      lastMs = nowMs
      elapsedS += passedS
      return passedS
    },
    elapsedS: () => elapsedS,
  }
}

/** How long each stage of one request took, for `Server-Timing` (W3C) and for the latency tables. */
export interface StageTimings {
  /** Runs a stage and adds its duration under its name. */
  measure<T>(stage: string, run: () => T): T
  add(stage: string, durationMs: number): void
  /** The header's value, stages in the order they were first added. */
  header(): string
  /** What was added so far. */
  readonly durations: ReadonlyMap<string, number>
}

/** @param now a monotonic clock in milliseconds */
export function createStageTimings(now: () => number = () => performance.now()): StageTimings {
  const durations = new Map<string, number>()
  const add = (stage: string, durationMs: number): void => {
    durations.set(stage, (durations.get(stage) ?? 0) + durationMs)
  }
  return {
    add,
    durations,
    measure: (stage, run) => {
      const startedAt = now()
      const finish = (): void => add(stage, now() - startedAt)
      let result: ReturnType<typeof run>
      try {
        result = run()
      } catch (error) {
        finish()
        throw error
      }
      if (result instanceof Promise) {
        // A second promise chain, so that the caller's own keeps its rejection.
        result.then(finish, finish)
      } else {
        finish()
      }
      return result
    },
    header: () => [...durations].map(([stage, durationMs]) => `${stage};dur=${round(durationMs)}`).join(', '),
  }
}

/** Runs stages and notes nothing. */
export const noStageTimings: StageTimings = {
  add: () => {},
  measure: (_, run) => run(),
  header: () => '',
  durations: new Map(),
}

function round(durationMs: number): number {
  return Math.round(durationMs * 100) / 100
}

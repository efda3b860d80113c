/** How long each stage of one request took, for `Server-Timing` (W3C) and for the latency tables. */
export interface StageTimings {
  /** Runs a stage and adds its duration under its name. */
  measure<T>(stage: string, run: () => T): T
  add(stage: string, durationMs: number): void
  /** Adds the time since the last lap, or since this was made: one look at the clock a stage. */
  lap(stage: string): void
  get(stage: string): number | undefined
  /** The header's value, stages in the order they were first added. */
  header(): string
  /** Stages in the order they were first added, and beside each its duration. */
  readonly names: readonly string[]
  readonly valuesMs: readonly number[]
}

/** @param now a monotonic clock in milliseconds */
export function createStageTimings(now: () => number = () => performance.now()): StageTimings {
  return new Timings(now)
}

/** Requests have a handful of stages: looking through them costs less than a map. */
class Timings implements StageTimings {
  readonly names: string[] = []
  readonly valuesMs: number[] = []
  readonly #now: () => number
  #lapMs: number

  constructor(now: () => number) {
    this.#now = now
    this.#lapMs = now()
  }

  add(stage: string, durationMs: number): void {
    const at = this.names.indexOf(stage)
    if (at === -1) {
      this.names.push(stage)
      this.valuesMs.push(durationMs)
    } else {
      this.valuesMs[at] = (this.valuesMs[at] ?? 0) + durationMs
    }
  }

  lap(stage: string): void {
    const nowMs = this.#now()
    this.add(stage, nowMs - this.#lapMs)
    this.#lapMs = nowMs
  }

  get(stage: string): number | undefined {
    return this.valuesMs[this.names.indexOf(stage)]
  }

  measure<T>(stage: string, run: () => T): T {
    const startedAt = this.#now()
    const finish = (): void => this.add(stage, this.#now() - startedAt)
    let result: T
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
  }

  header(): string {
    let text = ''
    for (let at = 0; at < this.names.length; at += 1) {
      if (at > 0) text += ', '
      text += `${this.names[at]};dur=${hundredths(this.valuesMs[at] ?? 0)}`
    }
    return text
  }
}

/** Runs stages and notes nothing. */
export const noStageTimings: StageTimings = {
  add: () => {},
  lap: () => {},
  get: () => undefined,
  measure: (_, run) => run(),
  header: () => '',
  names: [],
  valuesMs: [],
}

/** From two whole numbers: writing a fraction takes several times as long, and each answer has a few. */
function hundredths(durationMs: number): string {
  const all = Math.round(durationMs * 100)
  const whole = Math.floor(all / 100)
  const rest = all - whole * 100
  if (rest === 0) return String(whole)
  return rest % 10 === 0 ? `${whole}.${rest / 10}` : `${whole}.${rest < 10 ? '0' : ''}${rest}`
}

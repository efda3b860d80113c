/** Keeps work away from a backend that fails, until it has shown that it works again. */
export interface Breaker {
  /** Whether work may be given to it. Open: not, and from `probeAt` on it may be tried with something small. */
  readonly isOpen: boolean
  /** When an open one may be tried, in milliseconds of `now`. */
  readonly probeAt: number
  /** The last failure's words. */
  readonly reason: string | undefined
  succeeded(): void
  failed(reason: string): void
}

export interface BreakerOptions {
  /** After this many failures in a row it opens. */
  failures: number
  now: () => number
  /** Told when it opens and when it closes. */
  onChange?: (isOpen: boolean) => void
}

/** The first wait of an open breaker; each failed probe doubles it, up to the longest. */
const firstWaitMs = 1000
const longestWaitMs = 30_000

/**
 * A circuit breaker. Closed, it counts failures in a row; open, each failure (of a probe) makes the next wait
 * longer; one success closes it.
 */
export function createBreaker({ failures, now, onChange = () => {} }: BreakerOptions): Breaker {
  let inARow = 0
  let waits = 0
  let probeAt = 0
  let reason: string | undefined
  return {
    get isOpen() {
      return waits > 0
    },
    get probeAt() {
      return probeAt
    },
    get reason() {
      return reason
    },
    succeeded: () => {
      const wasOpen = waits > 0
      inARow = 0
      waits = 0
      reason = undefined
      if (wasOpen) onChange(false)
    },
    failed: (text) => {
      inARow += 1
      reason = text
      if (waits === 0 && inARow < failures) return
      waits += 1
      probeAt = now() + Math.min(longestWaitMs, firstWaitMs * 2 ** (waits - 1))
      if (waits === 1) onChange(true)
    },
  }
}

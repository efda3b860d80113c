const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** The delays of the Standard Webhooks specification: after the first attempt 5 s, after the last but one 24 h. */
const delaysMs = [
  5000,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
]

/** Attempts of a message in all: over some 75 hours. */
export const maxTries: number = delaysMs.length + 1

/** A receiver may ask for more time than the schedule has, and not for ever. */
const maxRetryAfterMs = 24 * hourMs

/** Of a delay, up or down: receivers that failed together shall not be asked again together. */
const jitter = 0.1

/**
 * How long to wait after a failed attempt.
 * @param tries attempts so far, from 1
 * @param random in [0, 1)
 * @returns `undefined` when it was the last
 */
export function retryDelayMs(
  tries: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number | undefined {
  const delayMs = delaysMs[tries - 1]
  if (delayMs === undefined) return undefined
  const spreadMs = Math.round(delayMs * (1 - jitter + 2 * jitter * random()))
  return Math.max(spreadMs, Math.min(retryAfterMs ?? 0, maxRetryAfterMs))
}

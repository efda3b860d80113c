const minuteMs = 60_000

const firstDelayMs = 1000
const maxDelayMs = 5 * minuteMs
/** A CDN may ask for more time than that, and not for ever. */
const maxRetryAfterMs = 60 * minuteMs
/** Of a delay, up or down: deployments that failed together shall not come back together. */
const jitter = 0.1

/** What could not be sent for so long is given up, and is a dead letter. */
export const giveUpMs: number = 7 * 24 * 60 * minuteMs

/**
 * How long a CDN is left alone after a failure.
 * @param failures in a row, from 1
 * @param random in [0, 1)
 */
export function retryDelayMs(
  failures: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  const delayMs = Math.min(firstDelayMs * 2 ** Math.min(failures - 1, 20), maxDelayMs)
  const spreadMs = Math.round(delayMs * (1 - jitter + 2 * jitter * random()))
  return Math.max(spreadMs, Math.min(retryAfterMs ?? 0, maxRetryAfterMs))
}

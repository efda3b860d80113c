/** Of durations in milliseconds. */
export interface Percentiles {
  p50: number
  p90: number
  p95: number
  p99: number
  max: number
}

/** The value that a share of all is at most (nearest rank: one that was measured, never one between two). */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export function percentilesOf(durations: readonly number[]): Percentiles {
  const sorted = durations.toSorted((a, b) => a - b)
  const at = (share: number): number => Math.round(percentile(sorted, share) * 1000) / 1000
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: at(1) }
}

/**
 * How often something came true, as a Beta posterior whose evidence fades: a segment that was good in spring does not
 * live on that in autumn.
 */
export interface Posterior {
  hits: number
  misses: number
  /** When the counts were last brought to their present weight. */
  atMs: number
}

/** The Beta(0.5, 2) prior: before there is evidence the mean is 0.2, which is below every bound that opens. */
const priorHits = 0.5
const priorMisses = 2
/** One-sided 90 %. */
const deviations = 1.2816

export function createPosterior(atMs: number): Posterior {
  return { hits: 0, misses: 0, atMs }
}

/** Adds outcomes, and lets what was known before lose half its weight every `halfLifeMs`. */
export function learn(
  posterior: Posterior,
  outcome: { hits: number; misses: number; atMs: number },
  halfLifeMs: number,
): void {
  const weight = 0.5 ** (Math.max(0, outcome.atMs - posterior.atMs) / halfLifeMs)
  posterior.hits = posterior.hits * weight + outcome.hits
  // A miss that is taken back may have faded since.
  posterior.misses = Math.max(0, posterior.misses * weight + outcome.misses)
  posterior.atMs = Math.max(posterior.atMs, outcome.atMs)
}

/** The expected share that comes true, 0 to 1. */
export function meanOf({ hits, misses }: Posterior): number {
  return (hits + priorHits) / (hits + misses + priorHits + priorMisses)
}

/** What the share is at least, with 90 % belief (normal approximation of the Beta distribution). */
export function lowerBound(posterior: Posterior): number {
  const mean = meanOf(posterior)
  const weight = posterior.hits + posterior.misses + priorHits + priorMisses
  return Math.max(0, mean - deviations * Math.sqrt((mean * (1 - mean)) / (weight + 1)))
}

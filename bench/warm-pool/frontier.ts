/** What a policy costs and what it gives. */
export interface Point {
  gpuHours: number
  p99S: number
}

/** The points that no other one betters in both, the shortest wait first. */
export function frontier<T extends Point>(points: readonly T[]): T[] {
  const kept: T[] = []
  for (const point of points.toSorted((a, b) => a.p99S - b.p99S || a.gpuHours - b.gpuHours)) {
    const last = kept.at(-1)
    if (last === undefined || point.gpuHours < last.gpuHours) kept.push(point)
  }
  return kept
}

/**
 * GPU-hours at which a family of policies has this P99, on straight lines between its best points. Where the family is
 * cheapest with a shorter wait, that; `undefined` where no setting waits so little.
 */
export function hoursAt(points: readonly Point[], p99S: number): number | undefined {
  return between(frontier(points), p99S, 'p99S', 'gpuHours')
}

/** The P99 that a family has for so many GPU-hours, in the same way. */
export function waitAt(points: readonly Point[], gpuHours: number): number | undefined {
  return between(frontier(points).toReversed(), gpuHours, 'gpuHours', 'p99S')
}

function between(
  ascending: readonly Point[],
  value: number,
  along: keyof Point,
  wanted: keyof Point,
): number | undefined {
  const next = ascending.findIndex((point) => point[along] > value)
  if (next === 0) return undefined
  const right = ascending[next]
  const left = next === -1 ? ascending.at(-1) : ascending[next - 1]
  if (left === undefined || right === undefined) return left?.[wanted]
  const share = (value - left[along]) / (right[along] - left[along])
  return left[wanted] + (right[wanted] - left[wanted]) * share
}

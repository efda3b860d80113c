/** How many of the pool's workers should hold a model. */
export interface ModelShare {
  model: string
  desired: number
}

/**
 * Workers by the work that each model brings, in whole workers that add up to `workers` (largest remainders); equal
 * remainders go to the model that comes first. Without any work nobody is allotted anything.
 */
export function allotWorkers(
  workers: number,
  shares: readonly { model: string; work: number }[],
): readonly ModelShare[] {
  const total = shares.reduce((sum, { work }) => sum + work, 0)
  if (total === 0) return []
  const exact = shares.map(({ work }) => (work / total) * workers)
  const whole = exact.map(Math.floor)
  const left = workers - whole.reduce((sum, each) => sum + each, 0)
  const order = exact
    .map((each, index) => ({ index, rest: each - Math.floor(each) }))
    .toSorted((a, b) => b.rest - a.rest || a.index - b.index)
  for (const { index } of order.slice(0, left)) whole[index] = (whole[index] ?? 0) + 1
  return shares
    .map(({ model }, index) => ({ model, desired: whole[index] ?? 0 }))
    .filter((each) => each.desired > 0)
}

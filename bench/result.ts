/** What a bench measured: rows of named numbers, and how they came about. */
export interface BenchResult {
  name: string
  /** What was done, how often, on what. */
  method: string
  rows: readonly Readonly<Record<string, string | number>>[]
}

export function printResult(result: BenchResult): void {
  process.stdout.write(`\n${result.name}\n${result.method}\n`)
  console.table(result.rows)
}

/** The value below which a share of the samples lies (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const rank = Math.max(0, Math.ceil(share * sorted.length) - 1)
  return sorted[rank] ?? Number.NaN
}

export function round(value: number, digits: number = 2): number {
  return Number(value.toFixed(digits))
}

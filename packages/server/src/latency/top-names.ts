/**
 * Names that are kept by themselves; all others are `other`. The first ones to come are kept, and at each `rerank`
 * those that were asked for most, so that a flood of names used once takes no place for long.
 */
export class TopNames {
  readonly #limit: number
  readonly #counts = new Map<string, number>()
  #named = new Set<string>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Notes that a name was asked for so often. */
  count(name: string, times: number): void {
    const count = this.#counts.get(name)
    if (count !== undefined) this.#counts.set(name, count + times)
    else if (this.#counts.size < this.#limit * 20) this.#counts.set(name, times)
  }

  nameOf(name: string): string {
    this.count(name, 1)
    if (this.#named.has(name)) return name
    if (this.#named.size >= this.#limit) return other
    this.#named.add(name)
    return name
  }

  /** What was asked for counts half as much from now on as what will be. */
  rerank(): void {
    const ranked = [...this.#counts].toSorted(([, a], [, b]) => b - a)
    this.#named = new Set(ranked.slice(0, this.#limit).map(([name]) => name))
    this.#counts.clear()
    for (const [name, count] of ranked.slice(0, this.#limit * 10)) {
      if (count > 1) this.#counts.set(name, count / 2)
    }
  }
}

/** The name of all that have none of their own. */
export const other = 'other'

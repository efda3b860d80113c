import type { RunCost } from './ledger.ts'
import type { SieveNode } from './sieve.ts'

/** The right to use a value of a memo. Until it is released the value is neither evicted nor disposed of. */
export interface Lease<T> {
  /** @throws TypeError after `release`: the value may have been disposed of */
  readonly value: T
  /** Gives the value back. Releasing twice is releasing once. */
  release(): void
  /** `release`, for `using`. */
  [Symbol.dispose](): void
}

/** A value that was given to a memo. */
export interface Made<T> {
  identity: string
  value: T
  /** What it counts as against the bound. */
  sizeBytes: number
  /** What making it took: what every later hit saves. */
  cost: RunCost
}

/** One value in a memo's hands, kept or not, and how many use it. */
export class Cell<T> {
  readonly made: Made<T>
  /** Its place in the eviction order while the memo keeps it. */
  node: SieveNode<Cell<T>> | undefined
  readonly #onIdle: (cell: Cell<T>) => void
  #pins = 0

  constructor(made: Made<T>, onIdle: (cell: Cell<T>) => void) {
    this.made = made
    this.#onIdle = onIdle
  }

  get pinned(): boolean {
    return this.#pins > 0
  }

  pin(): void {
    this.#pins += 1
  }

  unpin(): void {
    this.#pins -= 1
    if (this.#pins === 0) this.#onIdle(this)
  }

  lease(): Lease<T> {
    this.pin()
    let held = true
    const release = (): void => {
      if (!held) return
      held = false
      this.unpin()
    }
    const valueWhileHeld = (): T => {
      if (held) return this.made.value
      throw new TypeError('This lease was released; its value may have been disposed of')
    }
    return {
      get value() {
        return valueWhileHeld()
      },
      release,
      [Symbol.dispose]: release,
    }
  }
}

/**
 * One run in the graph of who waits for whom. Opaque to users, who only make a place to keep it in:
 * `new AsyncLocalStorage<WaitNode>()`.
 */
export class WaitNode {
  readonly #waitsFor = new Set<WaitNode>()

  /** The work of this run begins to wait for another run. @throws FlightDeadlockError if that one waits for it */
  waitFor(other: WaitNode, unitName: string): void {
    if (other.#reaches(this)) throw new FlightDeadlockError(unitName)
    this.#waitsFor.add(other)
  }

  stopWaitingFor(other: WaitNode): void {
    this.#waitsFor.delete(other)
  }

  #reaches(target: WaitNode): boolean {
    const seen = new Set<WaitNode>([this])
    for (const node of seen) {
      if (node === target) return true
      for (const next of node.#waitsFor) seen.add(next)
    }
    return false
  }
}

/**
 * Knows which run the calling code belongs to. Node's `AsyncLocalStorage<WaitNode>` fits; it is passed in so
 * that this package runs where there is none. One context may serve any number of flights and memos.
 */
export interface WaitContext {
  getStore(): WaitNode | undefined
  run<R>(node: WaitNode, callback: () => R): R
}

/** Work asked, directly or through other units, for a unit that waits for it: neither could ever be answered. */
export class FlightDeadlockError extends Error {
  override readonly name: string = 'FlightDeadlockError'
  readonly code = 'flight_deadlock'

  constructor(unitName: string) {
    super(`${unitName} was asked for by work that it is itself waiting for: both would wait for ever`)
  }
}

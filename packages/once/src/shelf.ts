import type { Made } from './lease.ts'
import { Cell } from './lease.ts'
import { Sieve } from './sieve.ts'

/** The values that a memo keeps, bounded in bytes, and the ones it only watches until their last user is gone. */
export class Shelf<T> {
  readonly #maxBytes: number
  readonly #dispose: ((value: T) => void) | undefined
  readonly #kept = new Map<string, Cell<T>>()
  readonly #order = new Sieve<Cell<T>>()
  #bytes = 0

  /** @throws RangeError if `maxBytes` is not a number from 0 */
  constructor(maxBytes: number, dispose: ((value: T) => void) | undefined) {
    if (!(maxBytes >= 0)) throw new RangeError(`maxBytes is ${maxBytes}, not a number from 0`)
    this.#maxBytes = maxBytes
    this.#dispose = dispose
  }

  get count(): number {
    return this.#kept.size
  }

  get bytes(): number {
    return this.#bytes
  }

  find(identity: string): Cell<T> | undefined {
    return this.#kept.get(identity)
  }

  /** A hit: spares it the next time that the hand of the eviction order comes by. */
  touch(cell: Cell<T>): void {
    if (cell.node !== undefined) cell.node.visited = true
  }

  /** Takes charge of a value, pinned once for the caller of this; it is disposed of after the last pin, unless kept. */
  hold(made: Made<T>): Cell<T> {
    const cell = new Cell(made, (idle) => this.#whenIdle(idle))
    cell.pin()
    return cell
  }

  /** Keeps a held value in place of the one kept so far, and makes room. */
  keep(cell: Cell<T>): void {
    this.drop(cell.made.identity)
    if (cell.made.sizeBytes > this.#maxBytes) return
    cell.node = this.#order.add(cell)
    this.#kept.set(cell.made.identity, cell)
    this.#bytes += cell.made.sizeBytes
    this.#evict()
  }

  /** Keeps this very value no longer, if it is kept. */
  release(cell: Cell<T>): void {
    if (cell.node !== undefined) this.#remove(cell)
  }

  /** Keeps the value no longer. Returns whether one was kept. */
  drop(identity: string): boolean {
    const cell = this.#kept.get(identity)
    if (cell === undefined) return false
    this.#remove(cell)
    return true
  }

  dropAll(): void {
    for (const cell of this.#kept.values()) this.#remove(cell)
  }

  #whenIdle(cell: Cell<T>): void {
    if (cell.node === undefined) this.#dispose?.(cell.made.value)
    // Eviction may have waited for this one.
    else this.#evict()
  }

  #evict(): void {
    while (this.#bytes > this.#maxBytes) {
      const victim = this.#order.victim((cell) => cell.pinned)
      if (victim === undefined) return
      this.#remove(victim)
    }
  }

  #remove(cell: Cell<T>): void {
    if (cell.node === undefined) return
    this.#order.remove(cell.node)
    cell.node = undefined
    this.#kept.delete(cell.made.identity)
    this.#bytes -= cell.made.sizeBytes
    if (!cell.pinned) this.#dispose?.(cell.made.value)
  }
}

/** A member of the heap: it knows its place, so that it can be taken out without a search. */
export interface Expiring {
  readonly uselessAtMs: number
  /** Managed by the heap; -1: in none. */
  heapIndex: number
}

/** A binary heap: what expires first is at the top. */
export class ExpiryHeap<T extends Expiring> {
  readonly #items: T[] = []

  get first(): T | undefined {
    return this.#items[0]
  }

  add(item: T): void {
    this.#place(item, this.#items.length)
    this.#rise(item)
  }

  remove(item: T): void {
    const index = item.heapIndex
    if (index < 0) return
    item.heapIndex = -1
    const last = this.#items.pop()
    if (last === undefined || last === item) return
    this.#place(last, index)
    this.#rise(last)
    this.#sink(last)
  }

  #rise(item: T): void {
    while (item.heapIndex > 0) {
      const parentIndex = (item.heapIndex - 1) >> 1
      const parent = this.#items[parentIndex]
      if (parent === undefined || parent.uselessAtMs <= item.uselessAtMs) return
      this.#swap(item, parent)
    }
  }

  #sink(item: T): void {
    for (;;) {
      const left = this.#items[2 * item.heapIndex + 1]
      const right = this.#items[2 * item.heapIndex + 2]
      const child =
        right !== undefined && left !== undefined && right.uselessAtMs < left.uselessAtMs ? right : left
      if (child === undefined || child.uselessAtMs >= item.uselessAtMs) return
      this.#swap(child, item)
    }
  }

  #swap(one: T, other: T): void {
    const index = one.heapIndex
    this.#place(one, other.heapIndex)
    this.#place(other, index)
  }

  #place(item: T, index: number): void {
    item.heapIndex = index
    this.#items[index] = item
  }
}

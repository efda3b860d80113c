/** A member of the queue: an intrusive link, so that one can be taken out without a search. */
export class SieveNode<T> {
  readonly item: T
  /** Asked for since it came, or since the hand last passed. */
  visited = false
  newer: SieveNode<T> | undefined
  older: SieveNode<T> | undefined

  constructor(item: T) {
    this.item = item
  }
}

/**
 * The eviction order SIEVE (Zhang et al., NSDI 2024): a queue in order of arrival and a hand that moves from the
 * oldest to the newest. What was asked for since the hand last passed is spared once, the first that was not is
 * evicted, and the hand stays there. Nothing moves on a hit, and one pass of things asked for once does not
 * push out what is asked for again and again, as it does with LRU.
 */
export class Sieve<T> {
  #newest: SieveNode<T> | undefined
  #oldest: SieveNode<T> | undefined
  #hand: SieveNode<T> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  add(item: T): SieveNode<T> {
    const node = new SieveNode(item)
    node.older = this.#newest
    if (this.#newest === undefined) this.#oldest = node
    else this.#newest.newer = node
    this.#newest = node
    this.#size += 1
    return node
  }

  remove(node: SieveNode<T>): void {
    if (this.#hand === node) this.#hand = node.newer
    if (node.newer === undefined) this.#newest = node.older
    else node.newer.older = node.older
    if (node.older === undefined) this.#oldest = node.newer
    else node.older.newer = node.newer
    node.newer = undefined
    node.older = undefined
    this.#size -= 1
  }

  /**
   * The one to evict next, still in the queue; `undefined` if all are pinned. What is pinned is passed over and
   * keeps its mark. Two rounds suffice: the first takes every mark off.
   */
  victim(isPinned: (item: T) => boolean): T | undefined {
    for (let steps = 2 * this.#size; steps > 0; steps -= 1) {
      const node = this.#hand ?? this.#oldest
      if (node === undefined) return undefined
      const pinned = isPinned(node.item)
      if (!pinned && !node.visited) {
        this.#hand = node
        return node.item
      }
      if (!pinned) node.visited = false
      this.#hand = node.newer
    }
    return undefined
  }
}

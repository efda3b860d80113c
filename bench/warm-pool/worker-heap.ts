/** Workers by when something is due of them: a binary heap, the earliest first. */
export interface WorkerHeap {
  /** @param worker whose time is in `dueS` already */
  push(worker: number): void
  pop(): number
  remove(worker: number): void
  /** When the earliest is due; `Infinity` where there is none. */
  nextS(): number
}

/** @param dueS a time for each worker; it stays what it is while the worker is in the heap */
export function createWorkerHeap(dueS: Float64Array): WorkerHeap {
  let heap: number[] = []

  function push(worker: number): void {
    let at = heap.length
    heap.push(worker)
    const due = dueS[worker]!
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]!
      if (dueS[above]! <= due) break
      heap[at] = above
      at = parent
    }
    heap[at] = worker
  }
  function pop(): number {
    const top = heap[0]!
    const last = heap.pop()!
    const size = heap.length
    if (size === 0) return top
    const due = dueS[last]!
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= size) break
      if (child + 1 < size && dueS[heap[child + 1]!]! < dueS[heap[child]!]!) child += 1
      if (dueS[heap[child]!]! >= due) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return top
  }
  return {
    push,
    pop,
    remove: (worker) => {
      const kept = heap.filter((each) => each !== worker)
      heap = []
      for (const each of kept) push(each)
    },
    nextS: () => (heap.length > 0 ? dueS[heap[0]!]! : Infinity),
  }
}

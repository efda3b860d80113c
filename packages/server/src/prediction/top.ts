/**
 * The `count` items of the highest score, best first; equal scores in the order given. Linear in the items where few
 * of them compete: a heap of the best so far, its worst on top.
 */
export function topOf<T>(items: Iterable<T>, count: number, scoreOf: (item: T) => number): T[] {
  const heap: { item: T; score: number; order: number }[] = []
  let order = 0
  for (const item of items) {
    const entry = { item, score: scoreOf(item), order: order++ }
    if (heap.length < count) {
      heap.push(entry)
      siftUp(heap, heap.length - 1)
    } else if (heap[0] !== undefined && isWorse(heap[0], entry)) {
      heap[0] = entry
      siftDown(heap)
    }
  }
  return heap.toSorted((a, b) => b.score - a.score || a.order - b.order).map(({ item }) => item)
}

interface Scored {
  score: number
  order: number
}

function isWorse(a: Scored | undefined, b: Scored | undefined): boolean {
  if (a === undefined || b === undefined) return false
  return a.score < b.score || (a.score === b.score && a.order > b.order)
}

function siftUp(heap: Scored[], from: number): void {
  let index = from
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!isWorse(heap[index], heap[parent])) return
    swap(heap, index, parent)
    index = parent
  }
}

function siftDown(heap: Scored[]): void {
  let index = 0
  for (;;) {
    const left = 2 * index + 1
    let worst = index
    if (isWorse(heap[left], heap[worst])) worst = left
    if (isWorse(heap[left + 1], heap[worst])) worst = left + 1
    if (worst === index) return
    swap(heap, index, worst)
    index = worst
  }
}

function swap(heap: Scored[], a: number, b: number): void {
  const [first, second] = [heap[a], heap[b]]
  if (first === undefined || second === undefined) return
  heap[a] = second
  heap[b] = first
}

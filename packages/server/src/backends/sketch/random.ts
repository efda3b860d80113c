/** A reproducible stream of numbers. Equal names give equal streams in every process. */
export interface Random {
  /** The next number, 0 ≤ n < 1. */
  next(): number
  /** The next number between two bounds. */
  between(low: number, high: number): number
  /** The next whole number, both bounds included. */
  whole(low: number, high: number): number
  /** One element; the list must not be empty. */
  pick<T>(list: readonly [T, ...T[]]): T
  /** `true` with the given probability, 0..1. */
  chance(probability: number): boolean
  /** A stream of its own: drawing more from one layer must not move what another layer draws. */
  fork(name: string): Random
}

/** 32-bit FNV-1a over UTF-16 code units, then an avalanche so that near names give far seeds. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return avalanche(hash)
}

/** The 32-bit finaliser of MurmurHash3 (Austin Appleby, public domain). */
function avalanche(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** A stream named by a text: a Weyl sequence through an avalanche (the construction of SplitMix). */
export function createRandom(name: string): Random {
  let state = hashText(name)
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    return avalanche(state) / 0x1_0000_0000
  }
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    whole: (low, high) => low + Math.floor((high - low + 1) * next()),
    // The tuple type promises at least one element, and the index is below the length.
    pick: (list) => list[Math.floor(list.length * next())] ?? list[0],
    chance: (probability) => next() < probability,
    fork: (child) => createRandom(`${name}/${child}`),
  }
}

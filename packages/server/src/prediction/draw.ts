/** A number from 0 (included) to 1 (excluded) that depends on nothing but the seed and the words. */
export type Draw = (...words: readonly (string | number)[]) => number

/**
 * Randomness as a function: the same question has the same answer in the simulator, in the server and after a
 * restart, and an answer about the past cannot depend on how often somebody asked about the future.
 */
export function createDraw(seed: number): Draw {
  return (...words) => {
    // FNV-1a, then the finalizer of MurmurHash3, without which near words have near numbers.
    let hash = (0x811c9dc5 ^ seed) >>> 0
    for (const word of words) {
      const text = String(word)
      for (let index = 0; index < text.length; index++)
        hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
      hash = Math.imul(hash ^ 0x1f, 0x01000193)
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
  }
}

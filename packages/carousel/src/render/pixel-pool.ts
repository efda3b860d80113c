/** Buffers for slides on their way to the encoder, used again. */
export interface PixelPool {
  /** A buffer of that length whose content is whatever was there before. */
  take(bytes: number): Uint8Array
  /** Gives a buffer back: whoever had it may not look at it any more. */
  give(buffer: Uint8Array): void
  /** Bytes that wait to be used again. */
  readonly freeBytes: number
}

/**
 * A fresh buffer of 4 MB for each slide costs its page faults, and makes the garbage collector run for every second
 * one: 5 ms a slide.
 */
export function createPixelPool(maxFreeBytes: number): PixelPool {
  let free: Uint8Array[] = []
  let freeBytes = 0
  return {
    take: (bytes) => {
      const found = free.find(({ length }) => length === bytes)
      if (found === undefined) return new Uint8Array(bytes)
      free = free.filter((buffer) => buffer !== found)
      freeBytes -= bytes
      return found
    },
    give: (buffer) => {
      free.push(buffer)
      freeBytes += buffer.length
      // The oldest first: sizes that nobody asks for any more.
      while (freeBytes > maxFreeBytes) freeBytes -= free.shift()?.length ?? 0
    },
    get freeBytes() {
      return freeBytes
    },
  }
}

const shardCount = 64

/** Looked at of a key: enough to spread keys, however long they are. */
const sampledCharacters = 48

/**
 * A map of strings in many small maps. One large `Map` is copied whole as it grows and as it empties, which takes ten
 * milliseconds with a few hundred thousand keys; a shard of it takes a sixty-fourth of that.
 */
export class ShardedMap<T> {
  readonly #shards: readonly Map<string, T>[] = Array.from({ length: shardCount }, () => new Map())

  get size(): number {
    let size = 0
    for (const shard of this.#shards) size += shard.size
    return size
  }

  get(key: string): T | undefined {
    return this.#shardOf(key).get(key)
  }

  set(key: string, value: T): void {
    this.#shardOf(key).set(key, value)
  }

  delete(key: string): void {
    this.#shardOf(key).delete(key)
  }

  *values(): IterableIterator<T> {
    for (const shard of this.#shards) yield* shard.values()
  }

  #shardOf(key: string): Map<string, T> {
    const step = Math.max(1, Math.floor(key.length / sampledCharacters))
    let sum = key.length
    for (let at = key.length - 1; at >= 0; at -= step) sum = (Math.imul(sum, 31) + key.charCodeAt(at)) | 0
    // High bits in too: the last factor alone would decide the low ones.
    return this.#shards[(sum ^ (sum >>> 15)) & (shardCount - 1)] as Map<string, T>
  }
}

import type { Fill } from '../tags/purge-epochs.ts'
import { PurgeEpochs } from '../tags/purge-epochs.ts'
import type { EdgeStore, EdgeStoreStats, StoredEntry, StoredResponse } from './edge-store.ts'
import { isUrlName, primaryKeyIn } from './edge-store.ts'
import { ExpiryHeap } from './expiry-heap.ts'
import { HeaderPool } from './header-pool.ts'
import { MemoryEntry } from './memory-entry.ts'
import { ShardedMap } from './sharded-map.ts'
import { SieveQueue } from './sieve-queue.ts'

/** Options of a memory store. */
export interface MemoryEdgeStoreOptions {
  /** Bodies, headers and bookkeeping together stay below this. */
  maxBytes: number
  /** Variants of one key, at most; the oldest goes first. Default 64. */
  maxVariants?: number | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: (() => number) | undefined
  /** Runs a task soon, after other events. Default `setImmediate`. */
  schedule?: ((task: () => void) => void) | undefined
}

/** Entries looked at before the clock is; and how often, and for how long, at a time: no request waits for it. */
const reclaimStepEntries = 32
const reclaimSteps = 8
const reclaimSliceMs = 1

const noEntries: readonly StoredEntry[] = []

/**
 * A byte-bounded store in memory. Entries that can no longer be served leave first, then SIEVE decides. A
 * purge costs the same whatever it hits; the memory it frees is reclaimed in slices afterwards, and at
 * once where room is needed.
 * @throws RangeError if `maxBytes` is not a positive number
 */
export function createMemoryEdgeStore(options: MemoryEdgeStoreOptions): EdgeStore {
  if (!(options.maxBytes > 0)) throw new RangeError('maxBytes must be a positive number of bytes')
  return new MemoryEdgeStore(options)
}

class MemoryEdgeStore implements EdgeStore {
  readonly #maxBytes: number
  readonly #maxVariants: number
  readonly #now: () => number
  readonly #schedule: (task: () => void) => void
  readonly #variants = new ShardedMap<MemoryEntry[]>()
  readonly #epochs = new PurgeEpochs()
  readonly #pool = new HeaderPool()
  readonly #queue = new SieveQueue()
  readonly #expiry = new ExpiryHeap<MemoryEntry>()
  #objects = 0
  #bytes = 0
  #evictions = 0
  #reclaiming = false
  #reclaimAgain = false
  #closed = false

  constructor(options: MemoryEdgeStoreOptions) {
    this.#maxBytes = options.maxBytes
    this.#maxVariants = options.maxVariants ?? 64
    this.#now = options.now ?? Date.now
    this.#schedule = options.schedule ?? ((task) => void setImmediate(task))
  }

  get(primaryKey: string): readonly StoredEntry[] {
    const variants = this.#variants.get(primaryKey)
    if (variants === undefined) return noEntries
    if (!variants.some((entry) => entry.hardPurged)) return variants
    // `#remove` makes a new list; this one stays as it is.
    for (const entry of variants) if (entry.hardPurged) this.#remove(entry)
    return this.#variants.get(primaryKey) ?? noEntries
  }

  touch(entry: StoredEntry): void {
    if (entry instanceof MemoryEntry) entry.visited = true
  }

  beginFill(): Fill {
    return this.#epochs.beginFill()
  }

  endFill(fill: Fill): void {
    this.#epochs.endFill(fill)
  }

  put(response: StoredResponse, names: readonly string[], fill: Fill): boolean {
    if (this.#closed || this.#epochs.isPurgedSince(names, fill)) return false
    const entry = this.#entryOf(response, names, fill)
    if (entry === undefined) return false
    const before = this.#variants.get(response.primaryKey) ?? []
    const replaced = before.find((other) => sameVariant(other.response, response))
    entry.visited = replaced?.visited ?? false
    if (replaced !== undefined) this.#remove(replaced)
    this.#makeRoom(entry.bytes)
    // Read again: making room may have taken other variants of this key.
    const variants = this.#variants.get(response.primaryKey) ?? []
    const kept = variants.slice(0, this.#maxVariants - 1)
    for (const dropped of variants.slice(this.#maxVariants - 1)) this.#remove(dropped)
    this.#variants.set(response.primaryKey, [entry, ...kept])
    this.#queue.add(entry)
    this.#expiry.add(entry)
    this.#objects += 1
    this.#bytes += entry.bytes
    return true
  }

  /** Undefined: too big. */
  #entryOf(response: StoredResponse, names: readonly string[], fill: Fill): MemoryEntry | undefined {
    // Names that lead to the key need no record: one for each entry would be a fifth of what it takes.
    const indexed = names.filter((name) => primaryKeyIn(name) !== response.primaryKey)
    const records = this.#epochs.hold(indexed)
    const lean = { ...response, headers: this.#pool.headers(response.headers) }
    const entry = new MemoryEntry(lean, records, fill, this.#epochs.softPurgedSinceAtMs(names, fill))
    entry.urlIsKey = names.some((name) => isUrlName(name) && primaryKeyIn(name) === response.primaryKey)
    if (entry.bytes <= this.#maxBytes) return entry
    this.#epochs.release(records, fill.sequence)
    return undefined
  }

  delete(entry: StoredEntry): void {
    if (entry instanceof MemoryEntry) this.#remove(entry)
  }

  purge(names: readonly string[], options: { soft: boolean; nowMs: number }): number {
    let left = 0
    let purged = 0
    for (const name of names) {
      left += this.#epochs.purge(name, options.nowMs, options.soft)
      purged += this.#purgeKey(name, options)
    }
    if (!options.soft && left > 0) this.#reclaim()
    return left + purged
  }

  /** What is found by its key, or by a URL that is its key, at once: variants are few. */
  #purgeKey(name: string, { soft, nowMs }: { soft: boolean; nowMs: number }): number {
    const variants = this.#variants.get(primaryKeyIn(name) ?? '') ?? []
    const byUrl = isUrlName(name)
    const entries = variants.filter((entry) => !entry.hardPurged && (!byUrl || entry.urlIsKey))
    for (const entry of entries) {
      if (soft) entry.softPurge(nowMs)
      else this.#remove(entry)
    }
    return entries.length
  }

  isPurgedSince(names: readonly string[], fill: Fill): boolean {
    return this.#epochs.isPurgedSince(names, fill)
  }

  stats(): EdgeStoreStats {
    return {
      objects: this.#objects,
      bytes: this.#bytes,
      maxBytes: this.#maxBytes,
      evictions: this.#evictions,
    }
  }

  close(): void {
    this.#closed = true
    for (const variants of this.#variants.values()) {
      for (const entry of variants) this.#remove(entry)
    }
  }

  #makeRoom(bytes: number): void {
    while (this.#bytes + bytes > this.#maxBytes) {
      const expired = this.#expiry.first
      const isExpired = expired !== undefined && expired.uselessAtMs <= this.#now()
      const victim = isExpired ? expired : this.#queue.victim()
      if (victim === undefined) return
      if (!victim.hardPurged) this.#evictions += 1
      this.#remove(victim)
    }
  }

  #remove(entry: MemoryEntry): void {
    const { primaryKey } = entry.response
    const variants = this.#variants.get(primaryKey)
    if (variants === undefined || !variants.includes(entry)) return
    // A new array: a caller may be reading the one that `get` gave it.
    if (variants.length === 1) this.#variants.delete(primaryKey)
    else
      this.#variants.set(
        primaryKey,
        variants.filter((other) => other !== entry),
      )
    this.#queue.remove(entry)
    this.#expiry.remove(entry)
    this.#epochs.release(entry.records, entry.sequence)
    this.#objects -= 1
    this.#bytes -= entry.bytes
  }

  /** Frees what purges have hit, a slice at a time. A purge during the walk has it walk once more. */
  #reclaim(): void {
    this.#reclaimAgain = true
    if (this.#reclaiming) return
    this.#reclaiming = true
    this.#schedule(this.#reclaimSlice)
  }

  readonly #reclaimSlice = (): void => {
    const endAtMs = performance.now() + reclaimSliceMs
    let more = true
    for (let step = 0; more && step < reclaimSteps; step += 1) {
      if (performance.now() >= endAtMs) break
      more = this.#reclaimSome()
    }
    if (more && !this.#closed) this.#schedule(this.#reclaimSlice)
    else this.#reclaiming = false
  }

  /** False: the walk is over, and no purge has come since it began. */
  #reclaimSome(): boolean {
    for (let looked = 0; looked < reclaimStepEntries; looked += 1) {
      const entry = this.#queue.next()
      if (entry?.hardPurged === true) this.#remove(entry)
      if (entry !== undefined) continue
      if (!this.#reclaimAgain) return false
      this.#reclaimAgain = false
      this.#queue.rewind()
    }
    return true
  }
}

function sameVariant(one: StoredResponse, other: StoredResponse): boolean {
  return one.varyKey === other.varyKey
}

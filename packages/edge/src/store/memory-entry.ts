import { uselessAtMs } from '../policy/freshness.ts'
import type { Fill, PurgeRecord } from '../tags/purge-epochs.ts'
import { isHardPurged, softPurgedAtMs } from '../tags/purge-epochs.ts'
import type { StoredEntry, StoredResponse } from './edge-store.ts'
import type { Expiring } from './expiry-heap.ts'

/** What an entry takes besides its bytes and characters: objects and map slots. Measured with three names: 1.1 kB. */
const overheadBytes = 768

/** A purge record and its place in the index. Most are shared; those that are not must not be forgotten. */
const recordBytes = 128

/** An entry of the memory store, linked into the eviction queue and the expiry heap. */
export class MemoryEntry implements StoredEntry, Expiring {
  readonly response: StoredResponse
  readonly records: readonly PurgeRecord[]
  readonly bytes: number
  readonly uselessAtMs: number
  /** How many purges there had been when its fill began. */
  readonly sequence: number
  /** No record holds its URL: it is found by its key. */
  urlIsKey = false
  heapIndex = -1
  visited = false
  newer: MemoryEntry | undefined
  older: MemoryEntry | undefined
  /** Of purges that found it without a record. */
  #softPurgedAtMs: number | undefined

  constructor(
    response: StoredResponse,
    records: readonly PurgeRecord[],
    fill: Fill,
    softPurgedAlreadyAtMs: number | undefined,
  ) {
    this.response = response
    this.records = records
    this.sequence = fill.sequence
    this.bytes = storedBytesOf(response, records)
    this.uselessAtMs = uselessAtMs(response.freshness)
    this.#softPurgedAtMs = softPurgedAlreadyAtMs
  }

  get hardPurged(): boolean {
    return isHardPurged(this.records, this.sequence)
  }

  get softPurgedAtMs(): number | undefined {
    const byName = softPurgedAtMs(this.records, this.sequence)
    const own = this.#softPurgedAtMs
    return own === undefined || byName === undefined ? (own ?? byName) : Math.min(own, byName)
  }

  softPurge(nowMs: number): void {
    this.#softPurgedAtMs ??= nowMs
  }
}

/** What an answer takes in memory, in bytes. Strings count one byte a character: V8 keeps Latin-1 so. */
export function storedBytesOf(response: StoredResponse, records: readonly PurgeRecord[]): number {
  let bytes = overheadBytes + response.body.byteLength + response.primaryKey.length + response.varyKey.length
  for (const [name, value] of response.headers) bytes += name.length + value.length
  for (const { name } of records) bytes += recordBytes + name.length
  return bytes
}

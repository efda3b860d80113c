import { uselessAtMs } from '../policy/freshness.ts'
import type { Fill, PurgeRecord } from '../tags/purge-epochs.ts'
import { isHardPurged, softPurgedAtMs } from '../tags/purge-epochs.ts'
import type { StoredEntry, StoredResponse } from './edge-store.ts'
import type { Expiring } from './expiry-heap.ts'

/** What an entry takes besides its bytes and characters: objects, map slots, purge records. Measured: 2.0 kB. */
const overheadBytes = 2048

/** An entry of the memory store, linked into the eviction queue and the expiry heap. */
export class MemoryEntry implements StoredEntry, Expiring {
  readonly response: StoredResponse
  readonly fill: Fill
  readonly records: readonly PurgeRecord[]
  readonly bytes: number
  readonly uselessAtMs: number
  heapIndex = -1
  visited = false
  newer: MemoryEntry | undefined
  older: MemoryEntry | undefined

  constructor(response: StoredResponse, fill: Fill, records: readonly PurgeRecord[]) {
    this.response = response
    this.fill = fill
    this.records = records
    this.bytes = storedBytesOf(response)
    this.uselessAtMs = uselessAtMs(response.freshness)
  }

  get hardPurged(): boolean {
    return isHardPurged(this.records, this.fill)
  }

  get softPurgedAtMs(): number | undefined {
    return softPurgedAtMs(this.records, this.fill)
  }
}

/** What an answer takes in memory, in bytes. Strings count one byte a character: V8 keeps Latin-1 so. */
export function storedBytesOf(response: StoredResponse): number {
  let bytes = overheadBytes + response.body.byteLength + response.primaryKey.length + response.varyKey.length
  for (const [name, value] of response.headers) bytes += name.length + value.length
  for (const name of response.purgeNames) bytes += name.length
  return bytes
}

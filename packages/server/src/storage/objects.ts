import { hash as digest } from 'node:crypto'
import type { Flights, LedgerWriter, Memo, Outcome, Unit } from '@darkroom/once'
import { createFlights, createMemo } from '@darkroom/once'
import { DarkroomError } from '../errors.ts'
import type { ObjectStore } from './object-store.ts'

/** Bytes under their own SHA-256, in lower-case hex. */
export interface Objects {
  /** The name that bytes have, whether they are stored or not. */
  hashOf(bytes: Uint8Array): string
  /**
   * Stores bytes, durably when it resolves, and keeps them at hand: whoever asks next in this process gets them
   * without reading them back. They must not be changed afterwards.
   * @throws DarkroomError `storage_unavailable`
   */
  put(bytes: Uint8Array, options?: { signal?: AbortSignal | undefined }): Promise<{ hash: string }>
  /**
   * The bytes, which must not be changed; `undefined` when there is no such object. Concurrent asks read once.
   * @throws DarkroomError `storage_unavailable`, also for an object whose bytes no longer have its hash
   */
  get(hash: string, options?: { signal?: AbortSignal | undefined }): Promise<Outcome<Uint8Array> | undefined>
  /** Whether the object is in the store, asked of the store. */
  has(hash: string): Promise<boolean>
  /** @returns whether there was something to delete */
  delete(hash: string): Promise<boolean>
}

/** What is needed of a logger; pino's fits. */
export interface StorageLog {
  error(fields: object, message: string): void
}

export interface ObjectsOptions {
  store: ObjectStore
  /** How much is kept in memory at most, besides what is in use. */
  maxCacheBytes: number
  ledger?: LedgerWriter | undefined
  log?: StorageLog | undefined
}

const hashPattern = /^[0-9a-f]{64}$/

/** Equal bytes are one object, whoever stored them; access is checked before anybody asks here. */
const domain = 'content'

/** Ends a read for all who wait for it, and is not kept: the object may be stored a moment later. */
class ObjectMissing extends Error {
  override readonly name = 'ObjectMissing'
}

/** The content-addressed layer over a store. */
export function createObjects({ store, maxCacheBytes, ledger, log }: ObjectsOptions): Objects {
  // Leases are released at once everywhere here: bytes are freed by the garbage collector, there is no dispose.
  const reads: Memo<Uint8Array> = createMemo({
    whenAbandoned: 'abort',
    ledger,
    maxBytes: maxCacheBytes,
    sizeOf: (bytes) => bytes.byteLength,
  })
  const writes: Flights<void> = createFlights({ whenAbandoned: 'abort', ledger })

  async function readWhole(hash: string, signal: AbortSignal): Promise<Uint8Array> {
    const bytes = await store.get(objectName(hash), { signal })
    if (bytes === undefined) throw new ObjectMissing(hash)
    const actualHash = hashOf(bytes)
    if (actualHash === hash) return bytes
    log?.error({ object: hash, actualHash, sizeBytes: bytes.byteLength }, 'a stored object is damaged')
    throw new DarkroomError(
      'storage_unavailable',
      'The stored picture is damaged; it must be restored or made anew.',
    )
  }

  return {
    hashOf,

    async put(bytes, { signal } = {}) {
      const hash = hashOf(bytes)
      const write = async (writing: AbortSignal): Promise<{ value: void; bytes: number }> => {
        await store.put(objectName(hash), bytes, { signal: writing })
        return { value: undefined, bytes: bytes.byteLength }
      }
      await writes.run(unitOf('object.write', hash), (flight) => write(flight.signal), { signal })
      reads.put(unitOf('object.read', hash), bytes).release()
      return { hash }
    },

    async get(hash, { signal } = {}) {
      const unit = unitOf('object.read', hash)
      try {
        const outcome = await reads.get(
          unit,
          async (flight) => ({ value: await readWhole(hash, flight.signal) }),
          { signal },
        )
        using lease = outcome.value
        return { ...outcome, value: lease.value }
      } catch (error) {
        if (error instanceof ObjectMissing) return undefined
        throw error
      }
    },

    async has(hash) {
      return (await store.head(objectName(hash))) !== undefined
    },

    async delete(hash) {
      try {
        return await store.delete(objectName(hash))
      } finally {
        // Afterwards, or a read that began in between would keep what is gone.
        reads.delete(unitOf('object.read', hash))
      }
    },
  }
}

function unitOf(kind: 'object.read' | 'object.write', hash: string): Unit {
  return { kind, key: hash, domain }
}

function hashOf(bytes: Uint8Array): string {
  return digest('sha256', bytes, 'hex')
}

/**
 * Where an object lies: two levels of folders, so that none holds millions of entries.
 * @throws DarkroomError `invalid_request` for what is no lower-case SHA-256
 */
export function objectName(hash: string): string {
  if (!hashPattern.test(hash))
    throw new DarkroomError('invalid_request', 'An object is named by a SHA-256 in hex.')
  return `objects/${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`
}

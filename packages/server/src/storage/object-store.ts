/** What is known of a stored object without reading it. */
export interface ObjectHead {
  sizeBytes: number
  lastModified: Date
}

/** A half-open byte range `[start, end)`. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * Immutable bytes under names. Names are relative paths of `[a-z0-9A-Z._-]` segments joined by `/`
 * (`objects/ab/…sha256`, `variants/…`); anything else is refused with `invalid_request`.
 * Adapters are siblings in this folder and all pass `object-store.contract.ts`.
 */
export interface ObjectStore {
  /**
   * Creates the object if it is absent, atomically: no reader ever sees a part of it, and of two writers one wins.
   * Durable when the promise resolves (data and directory entry synced).
   * @returns `created: false` when the name existed; its bytes are left as they are.
   */
  put(name: string, bytes: Uint8Array, options?: { signal?: AbortSignal }): Promise<{ created: boolean }>
  /** The bytes, or a range of them; `undefined` when there is no such object. */
  get(name: string, options?: { range?: ByteRange; signal?: AbortSignal }): Promise<Uint8Array | undefined>
  head(name: string, options?: { signal?: AbortSignal }): Promise<ObjectHead | undefined>
  /** @returns whether something was deleted. Deleting what is absent is no error. */
  delete(name: string): Promise<boolean>
  /** Names below a prefix that ends in `/`, in no particular order. */
  list(prefix: string): AsyncIterable<string>
  /** Whether the store can be written to right now; rejects with `storage_unavailable`. */
  check(): Promise<void>
  /** A URL that serves the object for a while without us, where the store can make one. */
  signedUrl?(name: string, ttlS: number): Promise<string>
  close(): Promise<void>
}

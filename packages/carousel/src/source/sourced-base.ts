import type { How } from '@darkroom/once'

/** The bytes of a base, wherever they came from. */
export interface SourcedBase {
  /** Shared by all who asked for them: not to be written into. */
  readonly bytes: Uint8Array
  /** SHA-256 in hexadecimal: their name in an object store, and what all work on them is keyed by. */
  readonly hash: string
  /** `given` where the caller had the bytes already; else how its fetch, or its reading of a file, was answered. */
  readonly how: How | 'given'
  /** What getting them took: 0 where they were given or cached. */
  readonly durationMs: number
}

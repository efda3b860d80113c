import type { Target } from './guard/target.ts'

/** What a URL gave. Shared by all who asked for it: not to be written into. */
export interface FetchedResource {
  /** Decoded, in a buffer of its own. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** As the host says, in lower case and without parameters: a claim, not a fact. */
  readonly mediaType: string
  /** After redirects, without fragment. */
  readonly finalUrl: string
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  /** SHA-256 of the bytes, in hexadecimal: their name in the object store. */
  readonly hash: string
  /** When these bytes were downloaded, in milliseconds since 1970. */
  readonly fetchedAtMs: number
  /** When the host last said that they are current; later than `fetchedAtMs` after a 304. */
  readonly validatedAtMs: number
}

/** What one ask is about: with the target, everything that determines the result. */
export interface Terms {
  target: Target
  /** Normalised. */
  accept: readonly string[]
  maxBytes: number
  domain: string
}

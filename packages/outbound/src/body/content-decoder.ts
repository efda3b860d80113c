import type { Transform } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib'
import { OutboundError } from '../outbound-error.ts'

/** The window a zstd stream may ask for: 8 MiB (RFC 8878 §3.1.1.1.2); the default would allow 128. */
const zstdWindowLogMax = 23

/** `identity` is asked for, but some servers send what they have stored. Streams: nothing grows beyond what is read. */
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLogMax } }),
}

/**
 * What undoes a `Content-Encoding`; `undefined` if there is nothing to undo.
 * @throws OutboundError CONTENT_ENCODING for one that is not known, and for several: each multiplies the others
 */
export function decoderOf(contentEncoding: string | undefined): Transform | undefined {
  const coding = contentEncoding?.trim().toLowerCase() ?? ''
  if (coding === '' || coding === 'identity') return undefined
  const create = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined
  if (create === undefined) throw new OutboundError('CONTENT_ENCODING')
  return create()
}

import { crc32 } from 'node:zlib'
import { PictureError } from '../picture-error.ts'
import type { Container, WrittenMetadata } from './container.ts'
import { asciiAt, asciiBytes, concatBytes, viewOf } from './container.ts'
import { exifOfOrientation } from './exif-orientation.ts'

const signatureLength = 8

/**
 * What decides how the pixels look (PNG 3rd edition §11). Not in the list, so dropped: tEXt, zTXt, iTXt (model
 * servers write the prompt there), eXIf, tIME, C2PA's caBX, whose signature would not survive the edit anyway,
 * and every chunk that is not known.
 */
const keptChunks: ReadonlySet<string> = new Set(
  'IHDR PLTE IDAT IEND tRNS bKGD sBIT pHYs gAMA cHRM sRGB iCCP cICP mDCV cLLI acTL fcTL fdAT'.split(' '),
)

interface Chunk {
  type: string
  /** Length, type, data and checksum, as they stand in the file. */
  bytes: Uint8Array
}

/** PNG: XMP in an uncompressed `iTXt` chunk before the pixels (XMP part 3, §1.1.5), orientation in `eXIf`. */
export const pngContainer: Container = {
  assertWhole: (bytes) => {
    for (const chunk of chunksOf(bytes)) void chunk
  },
  rewrite: (bytes, metadata) => {
    const parts: Uint8Array[] = [bytes.subarray(0, signatureLength)]
    for (const { type, bytes: chunk } of chunksOf(bytes)) {
      if (keptChunks.has(type)) parts.push(chunk)
      // Right behind the header, so that a reader finds it without passing the pixels.
      if (type === 'IHDR') parts.push(...chunksOfMetadata(metadata))
    }
    return concatBytes(parts)
  },
}

/** Every chunk up to IEND; what follows it is no part of the picture. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = viewOf(bytes)
  let at = signatureLength
  for (;;) {
    if (at + 12 > bytes.length) throw truncated()
    const end = at + 12 + view.getUint32(at)
    const type = asciiAt(bytes, at + 4, 4)
    if (!/^[A-Za-z]{4}$/u.test(type))
      throw new PictureError('DECODE_FAILED', 'A PNG chunk has no valid type.')
    if (end > bytes.length) throw truncated()
    if (at === signatureLength && type !== 'IHDR') {
      throw new PictureError('DECODE_FAILED', 'The PNG does not start with its header.')
    }
    yield { type, bytes: bytes.subarray(at, end) }
    if (type === 'IEND') return
    at = end
  }
}

function truncated(): PictureError {
  return new PictureError('TRUNCATED', 'The PNG ends before its last chunk.')
}

function chunksOfMetadata({ xmp, orientation }: WrittenMetadata): Uint8Array[] {
  const chunks: Uint8Array[] = []
  if (orientation !== 1) chunks.push(chunkOf('eXIf', exifOfOrientation(orientation)))
  if (xmp !== undefined) {
    // Keyword, then: not compressed (flag and method), no language tag, no translated keyword.
    const head = asciiBytes('XML:com.adobe.xmp\0\0\0\0\0')
    chunks.push(chunkOf('iTXt', concatBytes([head, new TextEncoder().encode(xmp)])))
  }
  return chunks
}

function chunkOf(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + data.length)
  const view = viewOf(chunk)
  view.setUint32(0, data.length)
  chunk.set(asciiBytes(type), 4)
  chunk.set(data, 8)
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)))
  return chunk
}

import { PictureError } from '../picture-error.ts'
import type { Container, WrittenMetadata } from './container.ts'
import { asciiAt, asciiBytes, concatBytes, viewOf } from './container.ts'
import { exifOfOrientation } from './exif-orientation.ts'

/** Bits of the first byte of VP8X (RFC 9649 §2.7). */
const flag = { animation: 0x02, xmp: 0x04, exif: 0x08, alpha: 0x10, icc: 0x20 }

const pixelChunks: ReadonlySet<string> = new Set(['ALPH', 'VP8 ', 'VP8L', 'ANMF'])

interface Chunk {
  type: string
  data: Uint8Array
}

/** WebP (RFC 9649): XMP in the chunk `XMP `, orientation in `EXIF`; a simple file becomes an extended one. */
export const webpContainer: Container = {
  assertWhole: (bytes) => {
    headerOf(chunksOf(bytes))
  },
  rewrite: (bytes, metadata) => {
    const chunks = chunksOf(bytes)
    const header = headerOf(chunks)
    const profile = chunks.find(({ type }) => type === 'ICCP')
    const animation = chunks.find(({ type }) => type === 'ANIM')
    const { exif, xmp } = chunksOfMetadata(metadata)
    const flags =
      (profile === undefined ? 0 : flag.icc) |
      (header.hasAlpha ? flag.alpha : 0) |
      (exif === undefined ? 0 : flag.exif) |
      (xmp === undefined ? 0 : flag.xmp) |
      (animation === undefined ? 0 : flag.animation)
    // The order that the container prescribes: header, profile, animation, pixels, EXIF, XMP.
    const written = [
      { type: 'VP8X', data: extendedHeader(flags, header) },
      profile,
      animation,
      ...chunks.filter(({ type }) => pixelChunks.has(type)),
      exif,
      xmp,
    ].filter((chunk) => chunk !== undefined)
    return riffOf(written)
  },
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = viewOf(bytes)
  if (bytes.length < 12) throw truncated()
  const end = 8 + view.getUint32(4, true)
  if (end > bytes.length) throw truncated()
  const chunks: Chunk[] = []
  for (let at = 12; at < end;) {
    if (at + 8 > end) throw truncated()
    const length = view.getUint32(at + 4, true)
    if (at + 8 + length > end) throw truncated()
    chunks.push({ type: asciiAt(bytes, at, 4), data: bytes.subarray(at + 8, at + 8 + length) })
    // Chunks are padded to an even length.
    at += 8 + length + (length % 2)
  }
  return chunks
}

function truncated(): PictureError {
  return new PictureError('TRUNCATED', 'The WebP file ends before its last chunk.')
}

interface Header {
  widthPx: number
  heightPx: number
  hasAlpha: boolean
}

/** From the extended header, or from the one bitstream of a simple file. */
function headerOf(chunks: readonly Chunk[]): Header {
  if (!chunks.some(({ type }) => type === 'VP8 ' || type === 'VP8L' || type === 'ANMF')) {
    throw new PictureError('DECODE_FAILED', 'The WebP file has no picture in it.')
  }
  const first = chunks[0]
  const reader = first === undefined ? undefined : headerReaders[first.type]
  if (first === undefined || reader === undefined || first.data.length < 10) {
    throw new PictureError('DECODE_FAILED', 'The WebP file does not start with a header.')
  }
  return reader(viewOf(first.data))
}

const headerReaders: Readonly<Record<string, (view: DataView) => Header>> = {
  // Width and height minus one, 24 bits each.
  VP8X: (view) => ({
    widthPx: (view.getUint32(4, true) & 0xffffff) + 1,
    heightPx: (view.getUint32(6, true) >>> 8) + 1,
    hasAlpha: (view.getUint8(0) & flag.alpha) !== 0,
  }),
  // Frame tag (3 bytes), start code (3), then 14 bits of width and of height (RFC 6386 §9.1).
  'VP8 ': (view) => ({
    widthPx: view.getUint16(6, true) & 0x3fff,
    heightPx: view.getUint16(8, true) & 0x3fff,
    hasAlpha: false,
  }),
  // Signature (1 byte), 14 bits of width − 1, 14 bits of height − 1, one bit of alpha (RFC 9649 §3.4).
  VP8L: (view) => {
    const bits = view.getUint32(1, true)
    return {
      widthPx: (bits & 0x3fff) + 1,
      heightPx: ((bits >>> 14) & 0x3fff) + 1,
      hasAlpha: ((bits >>> 28) & 1) === 1,
    }
  },
}

function extendedHeader(flags: number, { widthPx, heightPx }: Header): Uint8Array {
  const data = new Uint8Array(10)
  const view = viewOf(data)
  view.setUint8(0, flags)
  view.setUint16(4, (widthPx - 1) & 0xffff, true)
  view.setUint8(6, (widthPx - 1) >>> 16)
  view.setUint16(7, (heightPx - 1) & 0xffff, true)
  view.setUint8(9, (heightPx - 1) >>> 16)
  return data
}

function chunksOfMetadata({ xmp, orientation }: WrittenMetadata): {
  exif: Chunk | undefined
  xmp: Chunk | undefined
} {
  return {
    exif: orientation === 1 ? undefined : { type: 'EXIF', data: exifOfOrientation(orientation) },
    xmp: xmp === undefined ? undefined : { type: 'XMP ', data: new TextEncoder().encode(xmp) },
  }
}

function riffOf(chunks: readonly Chunk[]): Uint8Array {
  const parts = chunks.flatMap(({ type, data }) => [
    asciiBytes(type),
    littleEndian32(data.length),
    data,
    new Uint8Array(data.length % 2),
  ])
  const body = concatBytes([asciiBytes('WEBP'), ...parts])
  return concatBytes([asciiBytes('RIFF'), littleEndian32(body.length), body])
}

function littleEndian32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  viewOf(bytes).setUint32(0, value, true)
  return bytes
}

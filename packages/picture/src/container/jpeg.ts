import { PictureError } from '../picture-error.ts'
import type { Container, WrittenMetadata } from './container.ts'
import { asciiAt, asciiBytes, concatBytes, viewOf } from './container.ts'
import { exifOfOrientation } from './exif-orientation.ts'

const xmpSignature = 'http://ns.adobe.com/xap/1.0/\0'
const exifSignature = 'Exif\0\0'

const marker = { soi: 0xd8, eoi: 0xd9, sos: 0xda, app0: 0xe0, app1: 0xe1, app15: 0xef, comment: 0xfe }

/** Application segments that decide how the pixels look; all others and comments are dropped. */
const keptSignatures = new Map<number, string>([
  [marker.app0, 'JFIF\0'],
  [0xe2, 'ICC_PROFILE\0'],
  // Says whether the three components are RGB or YCbCr, and that CMYK is inverted.
  [0xee, 'Adobe'],
])

interface Segment {
  marker: number
  /** Marker, length, payload; a scan with its entropy-coded data. */
  bytes: Uint8Array
}

/**
 * JPEG (ITU-T T.81 annex B): XMP and EXIF in APP1 segments behind the JFIF header (XMP part 3, §1.1.3). Pictures
 * that hide behind the end of the first (MPF thumbnails, gain maps, motion photos) are dropped.
 */
export const jpegContainer: Container = {
  assertWhole: (bytes) => {
    for (const segment of segmentsOf(bytes)) void segment
  },
  rewrite: (bytes, metadata) => {
    const segments = [...segmentsOf(bytes)].filter(isKept)
    const jfif = segments.find((segment) => segment.marker === marker.app0)
    const others = segments.filter((segment) => segment.marker !== marker.app0)
    return concatBytes([
      Uint8Array.of(0xff, marker.soi),
      // JFIF must be first, and once.
      ...(jfif === undefined ? [] : [jfif.bytes]),
      ...segmentsOfMetadata(metadata),
      ...others.map((segment) => segment.bytes),
    ])
  },
}

function isKept(segment: Segment): boolean {
  if (segment.marker === marker.comment) return false
  if (segment.marker < marker.app0 || segment.marker > marker.app15) return true
  const signature = keptSignatures.get(segment.marker)
  return signature !== undefined && asciiAt(segment.bytes, 4, signature.length) === signature
}

/** Every segment behind SOI, up to and including EOI. */
function* segmentsOf(bytes: Uint8Array): Generator<Segment> {
  const view = viewOf(bytes)
  let at = 2
  for (;;) {
    // Stray bytes between segments are passed over, as decoders do; so are fill bytes (B.1.1.2).
    at = bytes.indexOf(0xff, at)
    while (at !== -1 && bytes[at + 1] === 0xff) at += 1
    const code = at === -1 ? undefined : bytes[at + 1]
    if (code === undefined) throw truncated()
    if (code === marker.eoi) {
      yield { marker: code, bytes: bytes.subarray(at, at + 2) }
      return
    }
    if (isStandalone(code)) {
      at += 2
      continue
    }
    if (at + 4 > bytes.length) throw truncated()
    const headEnd = at + 2 + view.getUint16(at + 2)
    if (headEnd > bytes.length) throw truncated()
    if (headEnd < at + 4)
      throw new PictureError('DECODE_FAILED', 'A JPEG segment is shorter than its length.')
    const end = code === marker.sos ? endOfScan(bytes, headEnd) : headEnd
    yield { marker: code, bytes: bytes.subarray(at, end) }
    at = end
  }
}

/** TEM, RSTn, SOI and the stuffed zero stand alone, without a length. */
function isStandalone(code: number): boolean {
  return code <= 0x01 || (code >= 0xd0 && code <= marker.soi)
}

/** Entropy-coded data ends at the first marker that is neither a stuffed zero nor a restart (B.1.1.5). */
function endOfScan(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(0xff, start); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const code = bytes[at + 1]
    if (code === undefined) break
    if (code !== 0x00 && code !== 0xff && !(code >= 0xd0 && code <= 0xd7)) return at
  }
  throw truncated()
}

function truncated(): PictureError {
  return new PictureError('TRUNCATED', 'The JPEG ends before its end marker.')
}

function segmentsOfMetadata({ xmp, orientation }: WrittenMetadata): Uint8Array[] {
  const segments: Uint8Array[] = []
  if (orientation !== 1) {
    segments.push(app1Of(concatBytes([asciiBytes(exifSignature), exifOfOrientation(orientation)])))
  }
  if (xmp !== undefined) {
    segments.push(app1Of(concatBytes([asciiBytes(xmpSignature), new TextEncoder().encode(xmp)])))
  }
  return segments
}

function app1Of(payload: Uint8Array): Uint8Array {
  // The length counts itself and is two bytes wide; packets from writeXmp stay far below.
  if (payload.length > 0xffff - 2) throw new RangeError('An APP1 segment holds at most 65,533 bytes.')
  const segment = new Uint8Array(4 + payload.length)
  const view = viewOf(segment)
  view.setUint16(0, 0xff00 | marker.app1)
  view.setUint16(2, payload.length + 2)
  segment.set(payload, 4)
  return segment
}

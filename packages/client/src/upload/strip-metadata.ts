/** What a file is without what it tells about who made it, when and where. */
export interface Stripped {
  /** The parts of the file that stay, in order. */
  parts: Uint8Array<ArrayBuffer>[]
  removedBytes: number
}

/**
 * Takes metadata out of a file without touching its pixels: EXIF (where places and cameras are), XMP, IPTC and
 * comments, and what follows the end of the picture. Colour profiles stay, and so does the orientation.
 * @returns `undefined` for what is none of JPEG, PNG, WebP and GIF, or is damaged: then only encoding again is safe
 */
export function stripMetadata(bytes: Uint8Array<ArrayBuffer>, orientation: number): Stripped | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 16) return undefined
  if (view.getUint16(0) === 0xff_d8) return stripJpeg(bytes, view, orientation)
  if (view.getUint32(0) === 0x89_50_4e_47) return stripPng(bytes, view)
  if (view.getUint32(0) === fourCc('RIFF') && view.getUint32(8) === fourCc('WEBP'))
    return stripWebp(bytes, view)
  // GIF has none that cameras write.
  if (view.getUint32(0) === fourCc('GIF8')) return { parts: [bytes], removedBytes: 0 }
  return undefined
}

function keptOf(bytes: Uint8Array<ArrayBuffer>, parts: Uint8Array<ArrayBuffer>[]): Stripped {
  const kept = parts.reduce((sum, part) => sum + part.length, 0)
  return { parts, removedBytes: Math.max(0, bytes.length - kept) }
}

/** JFIF's APP0, Adobe's APP14 and ICC's APP2 say how pixels are meant; all other APPn and comments go. */
function stripJpeg(
  bytes: Uint8Array<ArrayBuffer>,
  view: DataView,
  orientation: number,
): Stripped | undefined {
  const parts = [bytes.subarray(0, 2)]
  if (orientation !== 1) parts.push(orientationSegment(orientation))
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = view.getUint16(at)
    if (marker === 0xff_ff) {
      at += 1
      continue
    }
    if (marker < 0xff_c0) return undefined
    if (marker === 0xff_da) {
      const end = endOfScans(bytes, view, at)
      return end === undefined ? undefined : keptOf(bytes, [...parts, bytes.subarray(at, end)])
    }
    const next = at + 2 + view.getUint16(at + 2)
    if (next > bytes.length || next < at + 4) return undefined
    const isApplication = marker >= 0xff_e0 && marker <= 0xff_ef
    const isProfile = marker === 0xff_e2 && view.getUint32(at + 4) === fourCc('ICC_')
    const isJfif = marker === 0xff_e0 && view.getUint32(at + 4) === fourCc('JFIF')
    const stays = isApplication ? isJfif || marker === 0xff_ee || isProfile : marker !== 0xff_fe
    if (stays) parts.push(bytes.subarray(at, next))
    at = next
  }
  return undefined
}

/** Behind the mark that ends the picture: phones keep films and second pictures there, with places of their own. */
function endOfScans(bytes: Uint8Array, view: DataView, start: number): number | undefined {
  for (let at = start; at !== -1 && at + 2 <= bytes.length;) {
    const marker = bytes[at + 1] ?? 0
    if (marker === 0xd9) return at + 2
    // 0 is a byte of the picture, 0xd0 to 0xd7 are marks within a scan; all others have a length.
    const isWithin = marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7)
    if (!isWithin && at + 4 > bytes.length) return undefined
    at = bytes.indexOf(0xff, isWithin ? at + (marker === 0xff ? 1 : 2) : at + 2 + view.getUint16(at + 2))
  }
  return undefined
}

/** EXIF with this one entry: big-endian TIFF, tag 0x0112, one short. */
function orientationSegment(orientation: number): Uint8Array<ArrayBuffer> {
  // oxfmt-ignore
  return Uint8Array.of(
    0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8,
    0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
  )
}

const pngMetadata = ['eXIf', 'tEXt', 'iTXt', 'zTXt', 'tIME'].map(fourCc)

function stripPng(bytes: Uint8Array<ArrayBuffer>, view: DataView): Stripped | undefined {
  const parts = [bytes.subarray(0, 8)]
  for (let at = 8; at + 12 <= bytes.length;) {
    const next = at + 12 + view.getUint32(at)
    const type = view.getUint32(at + 4)
    if (next > bytes.length) return undefined
    if (!pngMetadata.includes(type)) parts.push(bytes.subarray(at, next))
    if (type === fourCc('IEND')) return keptOf(bytes, parts)
    at = next
  }
  return undefined
}

function stripWebp(bytes: Uint8Array<ArrayBuffer>, view: DataView): Stripped | undefined {
  const head = bytes.slice(0, 12)
  const parts = [head]
  const end = Math.min(bytes.length, 8 + view.getUint32(4, true))
  for (let at = 12; at + 8 <= end;) {
    const type = view.getUint32(at)
    const size = view.getUint32(at + 4, true)
    const next = at + 8 + size + (size % 2)
    if (next > bytes.length) return undefined
    if (type === fourCc('VP8X')) {
      const chunk = bytes.slice(at, next)
      // Its flags say that there is EXIF (bit 3) and XMP (bit 2).
      chunk[8] = (chunk[8] ?? 0) & ~0b1100
      parts.push(chunk)
    } else if (type !== fourCc('EXIF') && type !== fourCc('XMP ')) parts.push(bytes.subarray(at, next))
    at = next
  }
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  new DataView(head.buffer).setUint32(4, total - 8, true)
  return keptOf(bytes, parts)
}

function fourCc(text: string): number {
  return Array.from(text).reduce((sum, character) => sum * 256 + character.charCodeAt(0), 0)
}

/**
 * The orientation that a JPEG's EXIF data asks for (Exif 2.32, tag 0x0112), 1 to 8; 1 where it says nothing. Image
 * decoders give planes as they are stored, and leave the turning to whoever shows them.
 */
export function jpegOrientation(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 4 || view.getUint16(0) !== 0xff_d8) return 1
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = view.getUint16(at)
    // The picture itself begins: no more segments of this kind.
    if (marker === 0xff_da || marker >> 8 !== 0xff) return 1
    const length = view.getUint16(at + 2)
    if (length < 2) return 1
    if (marker === 0xff_e1 && at + 10 <= bytes.length && view.getUint32(at + 4) === 0x45_78_69_66) {
      return orientationIn(view, at + 10, Math.min(bytes.length, at + 2 + length))
    }
    at += 2 + length
  }
  return 1
}

/** Reads the first directory of a TIFF structure. */
function orientationIn(view: DataView, start: number, end: number): number {
  if (start + 8 > end) return 1
  const littleEndian = view.getUint16(start) === 0x49_49
  const directory = start + view.getUint32(start + 4, littleEndian)
  if (directory + 2 > end) return 1
  const entries = view.getUint16(directory, littleEndian)
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12
    if (entry + 12 > end) return 1
    if (view.getUint16(entry, littleEndian) !== 0x01_12) continue
    const value = view.getUint16(entry + 8, littleEndian)
    return value >= 1 && value <= 8 ? value : 1
  }
  return 1
}

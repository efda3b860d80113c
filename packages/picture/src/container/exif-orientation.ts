import { viewOf } from './container.ts'

/**
 * The smallest EXIF block there is: a little-endian TIFF header and one directory with the orientation alone
 * (EXIF 3.0 §4.6.4, tag 0x0112), 26 bytes.
 * @param orientation 1–8
 */
export function exifOfOrientation(orientation: number): Uint8Array {
  const bytes = new Uint8Array(26)
  const view = viewOf(bytes)
  view.setUint16(0, 0x4949)
  view.setUint16(2, 42, true)
  // Where the directory is, how many entries it has, then its one entry: tag, type SHORT, count, value.
  view.setUint32(4, 8, true)
  view.setUint16(8, 1, true)
  view.setUint16(10, 0x0112, true)
  view.setUint16(12, 3, true)
  view.setUint32(14, 1, true)
  view.setUint16(18, orientation, true)
  return bytes
}

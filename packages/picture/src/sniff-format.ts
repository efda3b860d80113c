import type { SourceFormat } from './picture-format.ts'

const latin1 = new TextDecoder('latin1')

/**
 * The format of a file by its first bytes; `undefined` if it is none that is read here. Names and media types
 * that came with the bytes are not looked at: they are claims. SVG, PDF, HEIC and whatever else the image
 * library could open is not in this list, so that their loaders never see a stranger's bytes.
 */
export function sniffFormat(bytes: Uint8Array): SourceFormat | undefined {
  const head = latin1.decode(bytes.subarray(0, 12))
  // latin1 in the Encoding Standard is windows-1252: only ASCII compares safely, so the rest is done in numbers.
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'jpeg'
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'png'
  if (head.startsWith('RIFF') && head.slice(8) === 'WEBP') return 'webp'
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif'
  if (isTiff(bytes)) return 'tiff'
  if (head.slice(4, 8) === 'ftyp' && hasAvifBrand(bytes)) return 'avif'
  return undefined
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte)
}

/** TIFF 6.0 and BigTIFF, either byte order. */
function isTiff(bytes: Uint8Array): boolean {
  return (
    startsWith(bytes, [0x49, 0x49, 42, 0]) ||
    startsWith(bytes, [0x4d, 0x4d, 0, 42]) ||
    startsWith(bytes, [0x49, 0x49, 43, 0]) ||
    startsWith(bytes, [0x4d, 0x4d, 0, 43])
  )
}

/** AVIF is a brand of ISO base media files, beside HEIC, which is not read here (AVIF 1.1 §6). */
function hasAvifBrand(bytes: Uint8Array): boolean {
  const declared =
    ((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)
  // A brand list longer than this is no brand list.
  const end = Math.min(bytes.length, declared, 256)
  for (let at = 8; at + 4 <= end; at += 4) {
    // Bytes 12–15 are the minor version, not a brand.
    if (at === 12) continue
    const brand = latin1.decode(bytes.subarray(at, at + 4))
    if (brand === 'avif' || brand === 'avis') return true
  }
  return false
}

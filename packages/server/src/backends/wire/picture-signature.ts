/**
 * The media type by the first bytes (PNG 3rd edition §5.2, JPEG SOI marker, RFC 9649), or `undefined` for anything
 * else. Deeper checks (pixels, exact size) are the worker's: it decodes the picture anyway.
 */
export function pictureMediaType(bytes: Uint8Array): string | undefined {
  if (startsWith(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'image/png'
  if (startsWith(bytes, 0, [0xff, 0xd8, 0xff])) return 'image/jpeg'
  const riff = startsWith(bytes, 0, [0x52, 0x49, 0x46, 0x46])
  if (riff && startsWith(bytes, 8, [0x57, 0x45, 0x42, 0x50])) return 'image/webp'
  return undefined
}

function startsWith(bytes: Uint8Array, offset: number, expected: readonly number[]): boolean {
  return expected.every((byte, index) => bytes[offset + index] === byte)
}

/** What is written into a file beside its pixels; whatever else describes the picture is left out. */
export interface WrittenMetadata {
  /** An XMP packet. */
  xmp?: string
  /** EXIF orientation, 1–8; 1 writes nothing. Without it a rotated photograph would lie on its side. */
  orientation: number
}

/**
 * A file format whose metadata is edited as bytes: the compressed pixels are copied, never decoded.
 * Both throw PictureError `TRUNCATED` (the file ends before its picture) or `DECODE_FAILED` (no such structure).
 */
export interface Container {
  /** Walks the file's structure to its end without decoding anything. */
  assertWhole(bytes: Uint8Array): void
  /**
   * The same picture with exactly this metadata. Kept: what its pixels need to look right (colour profile, gamma,
   * transparency, animation). Dropped: everything else, known or not, because prompts, places and names hide in
   * it, and whatever follows the end of the picture.
   */
  rewrite(bytes: Uint8Array, metadata: WrittenMetadata): Uint8Array
}

/** One after another, in one new array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Big-endian or little-endian reads and writes on the array's own window of its buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Text of ASCII characters as bytes: names of chunks, signatures of segments. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** The bytes from `start` as ASCII; shorter at the end of the array. */
export function asciiAt(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length))
}

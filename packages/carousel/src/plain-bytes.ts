/**
 * The same memory without Node's methods: `slice` of a `Buffer` is a view, of a `Uint8Array` a copy, and whoever
 * expects a copy would write into pixels that all slides share.
 */
export function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

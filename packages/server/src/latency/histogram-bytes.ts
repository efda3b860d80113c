import { Histogram } from './histogram.ts'

/** The first byte of what is stored; another layout gets another number. */
const layout = 1

/**
 * A histogram as it is stored: sum, shortest and longest (float64), then pairs of a step to the next bucket that
 * has something and what it has, as varints. A few bytes for each bucket that is not empty.
 */
export function histogramToBytes(histogram: Histogram): Uint8Array {
  const { first, counts } = histogram.buckets()
  const bytes: number[] = []
  let previous = -origin
  for (const [at, count] of counts.entries()) {
    if (count === 0) continue
    const index = first + at
    writeVarint(bytes, index - previous)
    writeVarint(bytes, count)
    previous = index
  }
  const head = new DataView(new ArrayBuffer(headBytes))
  head.setUint8(0, layout)
  head.setFloat64(1, histogram.sumMs)
  head.setFloat64(9, histogram.minMs)
  head.setFloat64(17, histogram.maxMs)
  const whole = new Uint8Array(headBytes + bytes.length)
  whole.set(new Uint8Array(head.buffer))
  whole.set(bytes, headBytes)
  return whole
}

/**
 * Adds a stored histogram to one in memory, bucket by bucket: a report reads a hundred thousand of them.
 * @throws RangeError for a layout that this release does not know
 */
export function mergeBytes(into: Histogram, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < headBytes || view.getUint8(0) !== layout) {
    throw new RangeError('these bytes are no histogram of this release')
  }
  const cursor = { at: headBytes }
  let index = -origin
  while (cursor.at < bytes.byteLength) {
    index += readVarint(bytes, cursor)
    into.recordBucket(index, readVarint(bytes, cursor))
  }
  into.sumMs += view.getFloat64(1)
  into.minMs = Math.min(into.minMs, view.getFloat64(9))
  into.maxMs = Math.max(into.maxMs, view.getFloat64(17))
}

/** @throws RangeError for a layout that this release does not know */
export function histogramFromBytes(bytes: Uint8Array): Histogram {
  const histogram = new Histogram()
  mergeBytes(histogram, bytes)
  return histogram
}

const headBytes = 25

/** Below every index, so that steps are never negative. */
const origin = 4096

/** Seven bits a byte, low ones first; counts may be beyond 32 bits. */
function writeVarint(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
}

function readVarint(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0
  let factor = 1
  for (;;) {
    const byte = bytes[cursor.at] ?? 0
    cursor.at += 1
    value += (byte % 128) * factor
    if (byte < 128) return value
    factor *= 128
  }
}

import type { Pixels } from './pixels.ts'
import { createScrimKernel } from './scrim-kernel.ts'
import type { ScrimKernel } from './scrim-kernel.ts'
import { weightAt } from './scrim.ts'
import type { Profile, ScrimCurve } from './scrim.ts'

/** Bayer's 8 × 8 matrix as thresholds of 1/256: rounding by it turns bands into noise that nobody sees. */
const thresholds: Int32Array = bayer(8).map((rank) => rank * 4 + 2)

function bayer(size: number): Int32Array {
  if (size === 1) return Int32Array.of(0)
  const half = size / 2
  const smaller = bayer(half)
  return Int32Array.from({ length: size * size }, (_, index) => {
    const x = index % size
    const y = Math.floor(index / size)
    const offset = [0, 2, 3, 1][(y < half ? 0 : 2) + (x < half ? 0 : 1)] ?? 0
    return (smaller[(y % half) * half + (x % half)] ?? 0) * 4 + offset
  })
}

/**
 * Applies a scrim to pixels, with a weight for each row and, where it does not span the whole width, for each column.
 * @param from what it is applied to, as large as `pixels`, which get all of it; default in place
 */
export function applyScrim(
  pixels: Pixels,
  curve: ScrimCurve,
  rows: Profile,
  columns?: Profile,
  from: Uint8Array = pixels.data,
): void {
  if (columns === undefined) {
    scrimRows(pixels, from, curve, rows)
  } else {
    copyRows(from, pixels, 0, pixels.heightPx)
    scrimAcross(pixels, curve, rows, columns)
  }
}

function copyRows(from: Uint8Array, { data, widthPx }: Pixels, top: number, bottom: number): void {
  if (from === data) return
  data.set(from.subarray(top * widthPx * 3, bottom * widthPx * 3), top * widthPx * 3)
}

/** Weights are whole numbers up to this. */
const fullWeight = 4096

/** As much as a processor keeps close by. */
const roomBytes = 128 * 1024
let kernel: ScrimKernel | undefined

/** In bands of as many rows as the kernel has room for. */
function scrimRows(pixels: Pixels, from: Uint8Array, curve: ScrimCurve, rows: Profile): void {
  kernel ??= createScrimKernel(roomBytes, thresholds)
  const { data, widthPx, heightPx } = pixels
  const first = Math.min(heightPx, Math.max(0, Math.floor(rows.start - rows.before)))
  const last = Math.max(first, Math.min(heightPx, Math.ceil(rows.end + rows.after)))
  copyRows(from, pixels, 0, first)
  const stride = widthPx * 3
  const { room } = kernel
  const bandRows = Math.floor(room.length / stride)
  const weigh = weigher(kernel, curve)
  for (let top = first; top < last; top += bandRows) {
    const bottom = Math.min(last, top + bandRows)
    room.set(from.subarray(top * stride, bottom * stride))
    for (let y = top; y < bottom; y += 1) {
      const weight = weightAt(rows, y)
      if (weight === 0) continue
      weigh(weight)
      kernel.map((y - top) * stride, widthPx, y)
    }
    data.set(room.subarray(0, (bottom - top) * stride), top * stride)
  }
  copyRows(from, pixels, last, heightPx)
}

/** Sets the kernel's tables for a weight of 0..1, if they are not. */
function weigher(into: ScrimKernel, curve: ScrimCurve): (weight: number) => void {
  let current: number | undefined
  return (weight) => {
    if (weight === current) return
    // At full weight there is no gradient of ours to hide: bytes become whole bytes.
    const isWhole = weight === 1
    if (current === undefined || isWhole || current === 1) setChanges(into.changes, curve, isWhole)
    into.weigh(Math.round(weight * fullWeight))
    current = weight
  }
}

/**
 * By how much each byte of red, green and blue changes at full weight, times 16: with a weight of 12 bits it stays
 * within 31.
 */
function setChanges(to: Int16Array, { red, green, blue }: ScrimCurve, isWhole: boolean): void {
  let at = 0
  for (const channel of [red, green, blue]) {
    for (let byte = 0; byte < 256; byte += 1, at += 1) {
      const value = channel[byte] as number
      to[at] = Math.round(((isWhole ? Math.round(value) : value) - byte) * 16)
    }
  }
}

/** Where wide slides have their text in a column. */
function scrimAcross(pixels: Pixels, curve: ScrimCurve, rows: Profile, columns: Profile): void {
  const { widthPx, heightPx } = pixels
  const changes = new Int16Array(3 * 256)
  setChanges(changes, curve, false)
  const across = Float64Array.from({ length: widthPx }, (_, x) => weightAt(columns, x) * fullWeight)
  const weights = new Int32Array(widthPx)
  const last = Math.min(heightPx, Math.ceil(rows.end + rows.after))
  for (let y = Math.max(0, Math.floor(rows.start - rows.before)); y < last; y += 1) {
    const weight = weightAt(rows, y)
    if (weight === 0) continue
    for (let x = 0; x < widthPx; x += 1) weights[x] = (across[x] as number) * weight
    scrimRowAcross(pixels, y, changes, weights)
  }
}

/** From 16 × 4096 to 256. */
const toThreshold = 8

function scrimRowAcross(
  { data, widthPx }: Pixels,
  y: number,
  changes: Int16Array,
  weights: Int32Array,
): void {
  const thresholdRow = (y & 7) << 3
  let i = y * widthPx * 3
  for (let x = 0; x < widthPx; x += 1, i += 3) {
    const weight = weights[x] as number
    if (weight === 0) continue
    const threshold = thresholds[thresholdRow + (x & 7)] as number
    const r = data[i] as number
    const g = data[i + 1] as number
    const b = data[i + 2] as number
    data[i] = ((r << 8) + (((changes[r] as number) * weight) >> toThreshold) + threshold) >> 8
    data[i + 1] = ((g << 8) + (((changes[256 + g] as number) * weight) >> toThreshold) + threshold) >> 8
    data[i + 2] = ((b << 8) + (((changes[512 + b] as number) * weight) >> toThreshold) + threshold) >> 8
  }
}

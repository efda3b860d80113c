import type { Pixels } from './pixels.ts'
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
 * Applies a scrim to pixels in place, with a weight for each row and, where it does not span the whole width, for
 * each column.
 */
export function applyScrim(pixels: Pixels, curve: ScrimCurve, rows: Profile, columns?: Profile): void {
  const { widthPx, heightPx } = pixels
  const first = Math.max(0, Math.floor(rows.start - rows.before))
  const last = Math.min(heightPx, Math.ceil(rows.end + rows.after))
  const tables = [curve.red, curve.green, curve.blue].map(tableOf) as unknown as Tables
  const full = [curve.red, curve.green, curve.blue].map((channel) => Uint8Array.from(channel, Math.round))
  const across =
    columns === undefined
      ? undefined
      : Float64Array.from({ length: widthPx }, (_, x) => weightAt(columns, x) * fullWeight)
  const weights = new Int32Array(widthPx)
  for (let y = first; y < last; y += 1) {
    const weight = weightAt(rows, y)
    if (weight === 0) continue
    if (across !== undefined) {
      for (let x = 0; x < widthPx; x += 1) weights[x] = (across[x] as number) * weight
      scrimRowAcross(pixels, y, tables, weights)
    } else if (weight === 1) {
      mapRow(pixels, y, full)
    } else {
      scrimRow(pixels, y, tables, Math.round(weight * fullWeight))
    }
  }
}

/** Weights are whole numbers up to this. */
const fullWeight = 4096

/** By how much each byte changes at full weight, times 16: with a weight of 12 bits it stays within 31. */
type Tables = readonly [Int32Array, Int32Array, Int32Array]

function tableOf(curve: Float64Array): Int32Array {
  return Int32Array.from(curve, (value, byte) => Math.round((value - byte) * 16))
}

/** Where the weight is full there is no gradient of ours to hide: bytes become bytes. */
function mapRow({ data, widthPx }: Pixels, y: number, [red, green, blue]: readonly Uint8Array[]): void {
  if (red === undefined || green === undefined || blue === undefined) return
  const end = (y + 1) * widthPx * 3
  for (let i = y * widthPx * 3; i < end; i += 3) {
    data[i] = red[data[i] as number] as number
    data[i + 1] = green[data[i + 1] as number] as number
    data[i + 2] = blue[data[i + 2] as number] as number
  }
}

/** From 16 × 4096 to 256. */
const toThreshold = 8

function scrimRow({ data, widthPx }: Pixels, y: number, [red, green, blue]: Tables, weight: number): void {
  const thresholdRow = (y & 7) << 3
  let i = y * widthPx * 3
  for (let x = 0; x < widthPx; x += 1, i += 3) {
    const threshold = thresholds[thresholdRow + (x & 7)] as number
    const r = data[i] as number
    const g = data[i + 1] as number
    const b = data[i + 2] as number
    data[i] = ((r << 8) + (((red[r] as number) * weight) >> toThreshold) + threshold) >> 8
    data[i + 1] = ((g << 8) + (((green[g] as number) * weight) >> toThreshold) + threshold) >> 8
    data[i + 2] = ((b << 8) + (((blue[b] as number) * weight) >> toThreshold) + threshold) >> 8
  }
}

function scrimRowAcross({ data, widthPx }: Pixels, y: number, tables: Tables, weights: Int32Array): void {
  const [red, green, blue] = tables
  const thresholdRow = (y & 7) << 3
  let i = y * widthPx * 3
  for (let x = 0; x < widthPx; x += 1, i += 3) {
    const weight = weights[x] as number
    if (weight === 0) continue
    const threshold = thresholds[thresholdRow + (x & 7)] as number
    const r = data[i] as number
    const g = data[i + 1] as number
    const b = data[i + 2] as number
    data[i] = ((r << 8) + (((red[r] as number) * weight) >> toThreshold) + threshold) >> 8
    data[i + 1] = ((g << 8) + (((green[g] as number) * weight) >> toThreshold) + threshold) >> 8
    data[i + 2] = ((b << 8) + (((blue[b] as number) * weight) >> toThreshold) + threshold) >> 8
  }
}

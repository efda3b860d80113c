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
  const across =
    columns === undefined ? undefined : Float64Array.from({ length: widthPx }, (_, x) => weightAt(columns, x))
  const tables = [new Int32Array(256), new Int32Array(256), new Int32Array(256)] as const
  const changes = changesOf(curve)
  let filledFor = -1
  for (let y = first; y < last; y += 1) {
    const weight = weightAt(rows, y)
    if (weight === 0) continue
    if (weight !== filledFor) fillTables(tables, changes, weight)
    filledFor = weight
    if (across === undefined) scrimRow(pixels, y, tables)
    else scrimRowAcross(pixels, y, tables, across)
  }
}

type Tables = readonly [Int32Array, Int32Array, Int32Array]

/** What a curve adds to each byte, times 256. */
function changesOf({ red, green, blue }: ScrimCurve): Tables {
  const changes = (channel: Float64Array): Int32Array =>
    Int32Array.from(channel, (value, byte) => Math.round((value - byte) * 256))
  return [changes(red), changes(green), changes(blue)]
}

/** What each byte becomes at a weight, times 256. In whole numbers: a fade has a table for every row. */
function fillTables(tables: Tables, changes: Tables, weight: number): void {
  const share = Math.round(weight * 4096)
  for (const channel of [0, 1, 2] as const) {
    const table = tables[channel]
    const change = changes[channel]
    for (let byte = 0; byte < 256; byte += 1) table[byte] = (byte << 8) + ((share * change[byte]!) >> 12)
  }
}

function scrimRow({ data, widthPx }: Pixels, y: number, [red, green, blue]: Tables): void {
  const thresholdRow = (y & 7) << 3
  let i = y * widthPx * 3
  for (let x = 0; x < widthPx; x += 1, i += 3) {
    const threshold = thresholds[thresholdRow + (x & 7)] as number
    data[i] = ((red[data[i] as number] as number) + threshold) >> 8
    data[i + 1] = ((green[data[i + 1] as number] as number) + threshold) >> 8
    data[i + 2] = ((blue[data[i + 2] as number] as number) + threshold) >> 8
  }
}

function scrimRowAcross({ data, widthPx }: Pixels, y: number, tables: Tables, across: Float64Array): void {
  const [red, green, blue] = tables
  const thresholdRow = (y & 7) << 3
  let i = y * widthPx * 3
  for (let x = 0; x < widthPx; x += 1, i += 3) {
    const weight = across[x] as number
    if (weight === 0) continue
    const threshold = thresholds[thresholdRow + (x & 7)] as number
    const r = (data[i] as number) << 8
    const g = (data[i + 1] as number) << 8
    const b = (data[i + 2] as number) << 8
    data[i] = (r + weight * ((red[r >> 8] as number) - r) + threshold) >> 8
    data[i + 1] = (g + weight * ((green[g >> 8] as number) - g) + threshold) >> 8
    data[i + 2] = (b + weight * ((blue[b >> 8] as number) - b) + threshold) >> 8
  }
}

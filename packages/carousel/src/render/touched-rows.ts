import type { RowRange } from '../frame.ts'

/** Ranges closer than this are one: what an encoder shares comes in rows of 16. */
const joinedPx = 16

/** Rows of `after` that differ from `before`, both RGB of one size, in ranges that lie apart. */
export function touchedRows(
  before: Uint8Array,
  after: Uint8Array,
  widthPx: number,
  candidates: readonly RowRange[],
): RowRange[] {
  const ranges: RowRange[] = []
  const rowBytes = widthPx * 3
  const one = Buffer.from(before.buffer, before.byteOffset, before.byteLength)
  const other = Buffer.from(after.buffer, after.byteOffset, after.byteLength)
  for (const { topPx, heightPx } of merged(candidates)) {
    for (let y = topPx; y < topPx + heightPx; y += 1) {
      const start = y * rowBytes
      if (one.compare(other, start, start + rowBytes, start, start + rowBytes) === 0) continue
      const last = ranges.at(-1)
      if (last !== undefined && y - (last.topPx + last.heightPx) < joinedPx)
        last.heightPx = y + 1 - last.topPx
      else ranges.push({ topPx: y, heightPx: 1 })
    }
  }
  return ranges
}

/** In order and apart from each other. */
function merged(ranges: readonly RowRange[]): RowRange[] {
  const result: RowRange[] = []
  for (const range of ranges.toSorted((a, b) => a.topPx - b.topPx)) {
    const last = result.at(-1)
    if (last === undefined || range.topPx > last.topPx + last.heightPx) result.push({ ...range })
    else last.heightPx = Math.max(last.heightPx, range.topPx + range.heightPx - last.topPx)
  }
  return result
}

import type { CodePoints } from './code-points.ts'
import { codePointsOf } from './code-points.ts'
import { woff2Tables } from './woff2.ts'

/** What of a font file the setting of text needs to know. Lengths are shares of the font size. */
export interface FontTables {
  /** Code points that have a glyph. */
  codePoints: CodePoints
  ascent: number
  /** Below the baseline; positive. */
  descent: number
  capHeight: number
  xHeight: number
  /** Of a variable font: least and greatest value by tag. */
  axes: ReadonlyMap<string, readonly [number, number]>
}

/**
 * Reads a TTF, OTF or WOFF2 file (OpenType 1.9: cmap, head, hhea, OS/2, fvar).
 * @throws RangeError or TypeError when it is none of these, or damaged
 */
export function readFontTables(file: Uint8Array): FontTables {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const tables = tablesOf(bytes)
  const head = tableOf(tables, 'head')
  const hhea = tableOf(tables, 'hhea')
  const unitsPerEm = head.readUInt16BE(18)
  if (unitsPerEm < 16) throw new RangeError('no units per em')
  const ascent = hhea.readInt16BE(4) / unitsPerEm
  const os2 = tables.get('OS/2')
  // Both heights exist from version 2 on.
  const hasHeights = os2 !== undefined && os2.length >= 90 && os2.readUInt16BE(0) >= 2
  const capHeight = hasHeights ? os2.readInt16BE(88) / unitsPerEm : 0
  const xHeight = hasHeights ? os2.readInt16BE(86) / unitsPerEm : 0
  return {
    codePoints: readCmap(tableOf(tables, 'cmap')),
    ascent,
    descent: -hhea.readInt16BE(6) / unitsPerEm,
    capHeight: capHeight > 0 ? capHeight : 0.7,
    xHeight: xHeight > 0 ? xHeight : 0.5,
    axes: readAxes(tables.get('fvar')),
  }
}

function tablesOf(bytes: Buffer): Map<string, Buffer> {
  const signature = bytes.toString('latin1', 0, 4)
  if (signature === 'wOF2') return woff2Tables(bytes)
  if (signature !== '\u0000\u0001\u0000\u0000' && signature !== 'OTTO' && signature !== 'true') {
    throw new TypeError('neither TTF, OTF nor WOFF2')
  }
  const tables = new Map<string, Buffer>()
  const count = bytes.readUInt16BE(4)
  for (let i = 0; i < count; i++) {
    const at = 12 + i * 16
    const offset = bytes.readUInt32BE(at + 8)
    tables.set(
      bytes.toString('latin1', at, at + 4),
      bytes.subarray(offset, offset + bytes.readUInt32BE(at + 12)),
    )
  }
  return tables
}

function tableOf(tables: ReadonlyMap<string, Buffer>, tag: string): Buffer {
  const table = tables.get(tag)
  if (table === undefined) throw new RangeError(`no table ${tag}`)
  return table
}

function readAxes(fvar: Buffer | undefined): Map<string, readonly [number, number]> {
  const axes = new Map<string, readonly [number, number]>()
  if (fvar === undefined) return axes
  const first = fvar.readUInt16BE(4)
  const count = fvar.readUInt16BE(8)
  const size = fvar.readUInt16BE(10)
  for (let i = 0; i < count; i++) {
    const at = first + i * size
    axes.set(fvar.toString('latin1', at, at + 4), [
      fvar.readInt32BE(at + 4) / 65_536,
      fvar.readInt32BE(at + 12) / 65_536,
    ])
  }
  return axes
}

/** Ranges with a glyph, of the best Unicode subtable: format 12 before format 4. */
function readCmap(cmap: Buffer): CodePoints {
  const count = cmap.readUInt16BE(2)
  let best: { table: Buffer; format: number } | undefined
  for (let i = 0; i < count; i++) {
    const at = 4 + i * 8
    const platform = cmap.readUInt16BE(at)
    if (platform !== 0 && platform !== 3) continue
    const table = cmap.subarray(cmap.readUInt32BE(at + 4))
    const format = table.readUInt16BE(0)
    if (format === 12 || (format === 4 && best?.format !== 12)) best = { table, format }
  }
  if (best === undefined) throw new RangeError('no Unicode table of characters')
  return codePointsOf(best.format === 12 ? rangesOfFormat12(best.table) : rangesOfFormat4(best.table))
}

function rangesOfFormat12(table: Buffer): [number, number][] {
  const groups = table.readUInt32BE(12)
  const ranges: [number, number][] = []
  for (let i = 0; i < groups; i++) {
    const at = 16 + i * 12
    ranges.push([table.readUInt32BE(at), Math.min(table.readUInt32BE(at + 4), 0x10_ff_ff)])
  }
  return ranges
}

function rangesOfFormat4(table: Buffer): [number, number][] {
  const segments = table.readUInt16BE(6) / 2
  const ranges: [number, number][] = []
  for (let i = 0; i < segments; i++) {
    const last = table.readUInt16BE(14 + i * 2)
    const startAt = 16 + segments * 2 + i * 2
    const first = table.readUInt16BE(startAt)
    const delta = table.readUInt16BE(startAt + segments * 2)
    const offsetAt = startAt + segments * 4
    const offset = table.readUInt16BE(offsetAt)
    if (first === 0xff_ff) continue
    for (let code = first; code <= last; code++) {
      // Glyph 0 is the mark for what is missing: such code points are not covered.
      const glyph =
        offset === 0 ? (code + delta) & 0xff_ff : table.readUInt16BE(offsetAt + offset + (code - first) * 2)
      if (glyph !== 0) ranges.push([code, code])
    }
  }
  return ranges
}

import { brotliDecompressSync } from 'node:zlib'

/** Tags by number (WOFF2, section 4.1). */
const knownTags =
  'cmap head hhea hmtx maxp name OS/2 post cvt_ fpgm glyf loca prep CFF_ VORG EBDT EBLC gasp hdmx kern LTSH PCLT VDMX vhea vmtx BASE GDEF GPOS GSUB EBSC JSTF MATH CBDT CBLC COLR CPAL SVG_ sbix acnt avar bdat bloc bsln cvar fdsc feat fmtx fvar gvar hsty just lcar mort morx opbd prop trak Zapf Silf Glat Gloc Feat Sill'
    .replaceAll('_', ' ')
    .match(/.{4}(?= |$)/gu) ?? []

/** A file that unpacks to more is no font for a slide. */
const maxUnpackedBytes = 96 * 1024 * 1024

/** The tables of a WOFF2 file that are stored as they are: all but glyphs, which are transformed. */
export function woff2Tables(file: Buffer): Map<string, Buffer> {
  const tableCount = file.readUInt16BE(12)
  const compressedBytes = file.readUInt32BE(20)
  const entries: { tag: string; bytes: number; plain: boolean }[] = []
  let at = 48
  const number = (): number => {
    let value = 0
    for (let i = 0; i < 5; i++) {
      const byte = file.readUInt8(at++)
      value = value * 128 + (byte & 127)
      if (byte < 128) return value
    }
    throw new RangeError('a number of more than five bytes')
  }
  for (let i = 0; i < tableCount; i++) {
    const flags = file.readUInt8(at++)
    const known = flags & 63
    const tag = known === 63 ? file.toString('latin1', at, (at += 4)) : (knownTags[known] ?? '')
    const length = number()
    // Glyphs and their places are transformed unless the version is 3; all others unless it is 0.
    const plain = (flags >> 6 === 3) === (tag === 'glyf' || tag === 'loca') && (flags >> 6) % 3 === 0
    entries.push({ tag, bytes: plain ? length : number(), plain })
  }
  const unpacked = brotliDecompressSync(file.subarray(at, at + compressedBytes), {
    maxOutputLength: maxUnpackedBytes,
  })
  const tables = new Map<string, Buffer>()
  let from = 0
  for (const entry of entries) {
    if (entry.plain) tables.set(entry.tag, unpacked.subarray(from, from + entry.bytes))
    from += entry.bytes
  }
  return tables
}

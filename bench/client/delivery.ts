import { chooseRung, neededPx, rungs } from '@darkroom/picture/rungs'
import sharp from 'sharp'
import { round } from '../result.ts'

/** A device: its width in CSS pixels, and pixels for each. */
const devices: readonly (readonly [cssPx: number, pixelRatio: number])[] = [
  [360, 3],
  [390, 3],
  [412, 2.625],
  [768, 2],
  [1280, 1],
  [1440, 2],
  [1920, 1],
]

type PageKind = 'grid' | 'detail'

/** A shop: two cards in a row on phones, cards of 300 pixels elsewhere; one photo large on its own page. */
function shownPx(page: PageKind, cssPx: number): number {
  if (page === 'grid') return cssPx < 600 ? cssPx / 2 - 24 : 300
  return cssPx < 600 ? cssPx : 540
}

const journeys: Readonly<Record<string, readonly PageKind[]>> = {
  'grid only': ['grid'],
  'grid → detail': ['grid', 'detail'],
  'grid → detail → grid': ['grid', 'detail', 'grid'],
  'detail only': ['detail'],
  'detail → grid': ['detail', 'grid'],
}

interface Encoded {
  bytes: number
  cpuMs: number
}

/**
 * Bytes and processor time of the server for one photo and all devices: a variant of exactly the size that each place
 * needs, and the rungs, of which what is held is made smaller by the page.
 */
export async function deliveryRows(photo: Buffer): Promise<Record<string, string | number>[]> {
  const made = new Map<number, Encoded>()
  const encode = async (width: number): Promise<Encoded> => {
    const known = made.get(width)
    if (known !== undefined) return known
    const runs: number[] = []
    let bytes = 0
    for (let run = 0; run < 3; run++) {
      const before = process.cpuUsage()
      bytes = (await sharp(photo).resize({ width }).webp({ quality: 80 }).toBuffer()).length
      const { user, system } = process.cpuUsage(before)
      runs.push((user + system) / 1000)
    }
    const encoded = { bytes, cpuMs: Math.min(...runs) }
    made.set(width, encoded)
    return encoded
  }
  const rows: Record<string, string | number>[] = []
  for (const [journey, pages] of Object.entries(journeys)) {
    const exact = { widths: new Set<number>(), bytes: 0 }
    const ours = { widths: new Set<number>(), bytes: 0 }
    for (const [cssPx, pixelRatio] of devices) {
      const cached = new Set<number>()
      const held: number[] = []
      for (const page of pages) {
        const needed = neededPx({ cssPx: shownPx(page, cssPx), pixelRatio })
        exact.widths.add(needed)
        if (!cached.has(needed)) exact.bytes += (await encode(needed)).bytes
        cached.add(needed)
        const choice = chooseRung({ neededPx: needed, widths: rungs, held })
        if (choice === undefined || choice.from === 'held') continue
        held.push(choice.widthPx)
        ours.widths.add(choice.widthPx)
        ours.bytes += (await encode(choice.widthPx)).bytes
      }
    }
    const cpuOf = async (widths: Set<number>): Promise<number> => {
      let sum = 0
      for (const width of widths) sum += (await encode(width)).cpuMs
      return sum
    }
    const [exactCpuMs, oursCpuMs] = [await cpuOf(exact.widths), await cpuOf(ours.widths)]
    rows.push({
      journey,
      exactVariants: exact.widths.size,
      rungs: ours.widths.size,
      exactKb: round(exact.bytes / devices.length / 1000, 1),
      rungsKb: round(ours.bytes / devices.length / 1000, 1),
      bytes: round(ours.bytes / exact.bytes),
      exactCpuMs: round(exactCpuMs, 0),
      rungsCpuMs: round(oursCpuMs, 0),
      cpu: round(oursCpuMs / exactCpuMs),
    })
  }
  return rows
}

import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas'
import sharp from 'sharp'
import type { Pixels } from '../analyse/cell-grids.ts'
import { createRandom } from './brush.ts'
import { paintPortrait } from './portrait.ts'
import { paintHill, paintMarket, paintNightStreet, paintWhiteProduct } from './scenes.ts'

/**
 * Pictures by program that are like photographs where it matters here: light, clutter, calm, faces. The same on
 * every machine but for the last bit of a curve's edge.
 */
const paints = {
  hill: paintHill,
  market: paintMarket,
  nightStreet: paintNightStreet,
  portrait: (context) => paintPortrait(context, { x: 0.6, y: 0.42, size: 0.17, skin: [24, 48, 66] }),
  portraitDark: (context) => paintPortrait(context, { x: 0.38, y: 0.46, size: 0.2, skin: [20, 42, 24] }),
  whiteProduct: paintWhiteProduct,
} satisfies Record<string, (context: SKRSContext2D) => void>

export type PhotographName = keyof typeof paints

export const photographNames = Object.keys(paints) as PhotographName[]

/** As a camera would give it, with some noise. */
export function paintPhotograph(name: PhotographName, widthPx: number, heightPx: number): Pixels {
  return paintPixels(paints[name], widthPx, heightPx)
}

export async function photographJpeg(
  name: PhotographName,
  widthPx: number,
  heightPx: number,
): Promise<Uint8Array> {
  const { data } = paintPhotograph(name, widthPx, heightPx)
  return sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer()
}

/** What is painted, as pixels with the noise of a sensor. */
export function paintPixels(
  paint: (context: SKRSContext2D) => void,
  widthPx: number,
  heightPx: number,
): Pixels {
  const context = createCanvas(widthPx, heightPx).getContext('2d')
  paint(context)
  const painted = context.getImageData(0, 0, widthPx, heightPx).data
  const random = createRandom(1)
  const data = new Uint8Array(widthPx * heightPx * 3)
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    const noise = (random() - 0.5) * 10
    for (let channel = 0; channel < 3; channel++) {
      data[to + channel] = Math.max(0, Math.min(255, (painted[from + channel] ?? 0) + noise))
    }
  }
  return { data, widthPx, heightPx }
}

import { createHash } from 'node:crypto'
import { createCanvas } from '@napi-rs/canvas'
import { drawText } from '../draw-text.ts'
import type { TextBlock } from '../text-block.ts'

/** A block in black on transparent, with room around it. */
export interface RenderedText {
  /** RGBA. */
  data: Uint8ClampedArray
  widthPx: number
  heightPx: number
  /** SHA-256 of `data`. */
  hash: string
  /** Pixels of any ink, as a rectangle; relative to the block's top left corner. */
  ink: { leftPx: number; topPx: number; rightPx: number; bottomPx: number } | undefined
}

export const marginPx = 40

export function renderText(block: TextBlock, placeWidthPx: number): RenderedText {
  const widthPx = Math.ceil(placeWidthPx) + 2 * marginPx
  const heightPx = Math.ceil(block.heightPx) + 2 * marginPx
  const context = createCanvas(widthPx, heightPx).getContext('2d')
  drawText(context, block, { leftPx: marginPx, topPx: marginPx, widthPx: placeWidthPx }, { color: '#000' })
  const { data } = context.getImageData(0, 0, widthPx, heightPx)
  return {
    data,
    widthPx,
    heightPx,
    hash: createHash('sha256').update(data).digest('hex'),
    ink: inkOf(data, widthPx),
  }
}

function inkOf(data: Uint8ClampedArray, widthPx: number): RenderedText['ink'] {
  let ink: RenderedText['ink']
  for (let i = 3; i < data.length; i += 4) {
    // A trace of antialiasing is no ink.
    if ((data[i] ?? 0) < 32) continue
    const x = ((i - 3) / 4) % widthPx
    const y = Math.floor((i - 3) / 4 / widthPx)
    ink ??= { leftPx: x, topPx: y, rightPx: x, bottomPx: y }
    ink = {
      leftPx: Math.min(ink.leftPx, x),
      topPx: Math.min(ink.topPx, y),
      rightPx: Math.max(ink.rightPx, x + 1),
      bottomPx: Math.max(ink.bottomPx, y + 1),
    }
  }
  if (ink === undefined) return undefined
  return {
    leftPx: ink.leftPx - marginPx,
    topPx: ink.topPx - marginPx,
    rightPx: ink.rightPx - marginPx,
    bottomPx: ink.bottomPx - marginPx,
  }
}

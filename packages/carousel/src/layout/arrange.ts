import type { RectPx } from '../slide.ts'
import type { TextBlock } from '../text/text-block.ts'
import { lineLeftPx } from '../text/draw-text.ts'
import { heightOf } from './part.ts'
import type { Part } from './part.ts'
import type { Anchor } from './placement.ts'

/** A part and where it stands. */
export interface PlacedPart<P extends Part = Part> {
  readonly part: P
  readonly rect: RectPx
}

/** Puts parts into a zone, at its anchor, on the side where the slide begins. */
export function arrange(
  parts: readonly Part[],
  zone: RectPx,
  anchor: Anchor,
  align: 'start' | 'center',
  mirrored: boolean,
): PlacedPart[] {
  const freePx = Math.max(0, zone.heightPx - heightOf(parts))
  let topPx = zone.topPx + Math.round({ top: 0, middle: freePx / 2, bottom: freePx }[anchor])
  return parts.map((part, index) => {
    if (index > 0) topPx += part.gapPx
    const sidePx = zone.widthPx - part.widthPx
    const offsetPx = align === 'center' ? Math.round(sidePx / 2) : mirrored ? sidePx : 0
    const rect = { leftPx: zone.leftPx + offsetPx, topPx, widthPx: part.widthPx, heightPx: part.heightPx }
    topPx += part.heightPx
    return { part, rect }
  })
}

/** What the lines of a block cover when it is drawn into `rect`: each as wide as its ink, with its accents. */
export function lineRects(block: TextBlock, rect: RectPx): RectPx[] {
  return block.lines.map((line) => {
    const leftPx = Math.floor(rect.leftPx + lineLeftPx(block, line, rect.widthPx))
    const topPx = Math.floor(rect.topPx + line.baselinePx - block.fontSizePx * 0.86)
    const bottomPx = Math.ceil(rect.topPx + line.baselinePx + block.fontSizePx * 0.26)
    return { leftPx, topPx, widthPx: Math.ceil(line.widthPx), heightPx: bottomPx - topPx }
  })
}

/** Where a line of text begins that stands in the middle of a row: its capitals do, whatever hangs below. */
export function centredTopPx(block: TextBlock, rect: RectPx): number {
  const baselinePx = block.lines[0]?.baselinePx ?? 0
  return rect.topPx + rect.heightPx / 2 - (baselinePx - block.capHeightPx / 2)
}

/** The smallest rectangle around all; `undefined` for none. */
export function unionOf(rects: readonly RectPx[]): RectPx | undefined {
  if (rects.length === 0) return undefined
  const leftPx = Math.min(...rects.map((rect) => rect.leftPx))
  const topPx = Math.min(...rects.map((rect) => rect.topPx))
  const rightPx = Math.max(...rects.map((rect) => rect.leftPx + rect.widthPx))
  const bottomPx = Math.max(...rects.map((rect) => rect.topPx + rect.heightPx))
  return { leftPx, topPx, widthPx: rightPx - leftPx, heightPx: bottomPx - topPx }
}

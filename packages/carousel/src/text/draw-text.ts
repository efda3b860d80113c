import type { SKRSContext2D } from '@napi-rs/canvas'
import { applyTypeface } from './measure.ts'
import type { TextBlock, TextLine } from './text-block.ts'

/** Where a block is drawn: its top left corner, and the width that its lines are aligned in. */
export interface TextPlace {
  leftPx: number
  topPx: number
  widthPx: number
}

/** CSS colours. */
export interface TextPaint {
  color: string
  /** Of `**bold**`; default the same. */
  emphasisColor?: string | undefined
}

/** Draws a block; leaves the context as it was. */
export function drawText(context: SKRSContext2D, block: TextBlock, at: TextPlace, paint: TextPaint): void {
  context.save()
  for (const line of block.lines) {
    const leftPx = at.leftPx + lineLeftPx(block, line, at.widthPx)
    for (const segment of line.segments) {
      applyTypeface(context, segment.typeface, block.fontSizePx)
      context.fillStyle = (segment.emphasis ? paint.emphasisColor : undefined) ?? paint.color
      context.fillText(segment.text, leftPx + segment.leftPx, at.topPx + line.baselinePx)
    }
  }
  context.restore()
}

/** How far from the left of its place a line begins. */
export function lineLeftPx(block: TextBlock, line: TextLine, widthPx: number): number {
  const room = widthPx - line.widthPx
  if (block.align === 'center') return room / 2
  return (block.align === 'start') === (block.direction === 'ltr') ? 0 : room
}

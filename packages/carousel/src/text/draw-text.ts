import type { SKRSContext2D } from '@napi-rs/canvas'
import { applyTypeface } from './measure.ts'
import type { TextBlock, TextLine, TextSegment } from './text-block.ts'

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

/** Draws a block; leaves the context as it was. Shadows that are set on the context apply. */
export function drawText(context: SKRSContext2D, block: TextBlock, at: TextPlace, paint: TextPaint): void {
  context.save()
  for (const line of block.lines) {
    const leftPx = at.leftPx + lineLeftPx(block, line, at.widthPx)
    for (const segment of line.segments) {
      const color = (segment.emphasis ? paint.emphasisColor : undefined) ?? paint.color
      context.fillStyle = color
      context.strokeStyle = color
      const draw = segment.missing ? drawMissing : drawSegment
      draw(context, segment, block.fontSizePx, leftPx + segment.leftPx, at.topPx + line.baselinePx)
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

function drawSegment(
  context: SKRSContext2D,
  segment: TextSegment,
  sizePx: number,
  leftPx: number,
  baselinePx: number,
): void {
  applyTypeface(context, segment.typeface, sizePx)
  context.fillText(segment.text, leftPx, baselinePx)
}

/** A question mark in a frame, for what no font has. */
function drawMissing(
  context: SKRSContext2D,
  segment: TextSegment,
  sizePx: number,
  leftPx: number,
  baselinePx: number,
): void {
  const edge = sizePx * 0.05
  const gap = sizePx * 0.06
  const width = segment.widthPx - 2 * gap
  context.lineWidth = edge
  context.strokeRect(
    leftPx + gap + edge / 2,
    baselinePx - sizePx * 0.72 + edge / 2,
    width - edge,
    sizePx * 0.72 - edge,
  )
  applyTypeface(context, segment.typeface, sizePx * 0.5)
  context.textAlign = 'center'
  context.fillText(segment.text, leftPx + segment.widthPx / 2, baselinePx - sizePx * 0.18)
}

import type { SKRSContext2D } from '@napi-rs/canvas'
import { luminanceOf } from '../color.ts'
import { centredTopPx } from '../layout/arrange.ts'
import type { PlacedPart } from '../layout/arrange.ts'
import type { ButtonPart, Part, RingPart, RulePart, TextPart } from '../layout/part.ts'
import type { RectPx } from '../slide.ts'
import { drawText } from '../text/draw-text.ts'
import type { TextBlock } from '../text/text-block.ts'
import { buttonColors, css, readable } from './inks.ts'
import type { Inks } from './inks.ts'

/** Colours of a slide, and the luminance behind its text that suits them least. */
export interface PartPaint {
  readonly inks: Inks
  readonly background: number
  /** Thin lines would be lost on it. */
  readonly isBusy: boolean
}

/** A little more than what is asked, since JPEG moves pixels. */
export const paintMargin = 1.06
/** What only decorates and what marks a place, but is no text (WCAG 2.2, 1.4.11). */
const graphicContrast = 3

/** Draws a part where it stands. */
export function drawPart(context: SKRSContext2D, { part, rect }: PlacedPart, paint: PartPaint): void {
  switch (part.type) {
    case 'text':
      return drawTextPart(context, part, rect, paint)
    case 'rule':
      return drawRule(context, part, rect, paint)
    case 'ring':
      return drawRing(context, part, rect, paint)
    case 'button':
      return drawButton(context, part, rect, paint)
  }
}

function drawTextPart(
  context: SKRSContext2D,
  part: TextPart,
  rect: RectPx,
  { inks, background }: PartPaint,
): void {
  const least = part.leastContrast * paintMargin
  drawText(context, part.block, rect, {
    color: css(readable(part.ink, inks, background, least)),
    ...(part.isTitle ? { emphasisColor: css(readable('accent', inks, background, least)) } : {}),
  })
}

function drawRule(
  context: SKRSContext2D,
  _part: RulePart,
  rect: RectPx,
  { inks, background }: PartPaint,
): void {
  context.fillStyle = css(readable('accent', inks, background, graphicContrast))
  context.fillRect(rect.leftPx, rect.topPx, rect.widthPx, rect.heightPx)
}

function drawRing(
  context: SKRSContext2D,
  part: RingPart,
  rect: RectPx,
  { inks, background }: PartPaint,
): void {
  const color = css(readable('accent', inks, background, 4.5 * paintMargin))
  context.strokeStyle = color
  context.lineWidth = part.linePx
  context.beginPath()
  const radius = rect.widthPx / 2
  context.arc(rect.leftPx + radius, rect.topPx + radius, radius - part.linePx / 2, 0, Math.PI * 2)
  context.stroke()
  drawCentred(context, part.block, rect, color)
}

function drawButton(
  context: SKRSContext2D,
  part: ButtonPart,
  rect: RectPx,
  { inks, background, isBusy }: PartPaint,
): void {
  const fill = isBusy && part.fill === 'outline' ? 'ink' : part.fill
  const colors = buttonColors(fill, inks, background)
  const inset = colors.line === undefined ? 0 : part.linePx / 2
  context.beginPath()
  context.roundRect(
    rect.leftPx + inset,
    rect.topPx + inset,
    rect.widthPx - 2 * inset,
    rect.heightPx - 2 * inset,
    Math.max(0, part.radiusPx - inset),
  )
  if (colors.fill !== undefined) {
    context.fillStyle = css(colors.fill)
    context.fill()
  }
  if (colors.line !== undefined) {
    context.strokeStyle = css(colors.line)
    context.lineWidth = part.linePx
    context.stroke()
  }
  drawCentred(context, part.block, rect, css(colors.label))
}

function drawCentred(context: SKRSContext2D, block: TextBlock, rect: RectPx, color: string): void {
  const leftPx = rect.leftPx + (rect.widthPx - block.widthPx) / 2
  drawText(context, block, { leftPx, topPx: centredTopPx(block, rect), widthPx: block.widthPx }, { color })
}

/** Luminance of the colour that a part's text is drawn in. */
export function inkLuminance(part: Part, { inks, background }: PartPaint): number | undefined {
  if (part.type === 'text') {
    return luminanceOf(readable(part.ink, inks, background, part.leastContrast * paintMargin))
  }
  if (part.type === 'ring') return luminanceOf(readable('accent', inks, background, 4.5 * paintMargin))
  return undefined
}

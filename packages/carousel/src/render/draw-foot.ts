import type { SKRSContext2D } from '@napi-rs/canvas'
import { centredTopPx, lineRects } from '../layout/arrange.ts'
import type { Foot } from '../layout/foot.ts'
import type { RectPx } from '../slide.ts'
import { drawText } from '../text/draw-text.ts'
import type { TextBlock } from '../text/text-block.ts'

/** A text of the foot and where it stands. */
export interface PlacedMark {
  readonly block: TextBlock
  readonly rect: RectPx
}

/** Where everything of a foot stands: whose it is where the slide begins, where one is at its end. */
export interface PlacedFoot {
  readonly foot: Foot
  readonly rect: RectPx
  readonly mirrored: boolean
  readonly texts: readonly PlacedMark[]
  readonly logo: RectPx | undefined
  readonly dots: RectPx | undefined
  readonly cue: RectPx | undefined
  /** What has to be read or seen. */
  readonly rects: readonly RectPx[]
}

/** Sizes of a slide whose short side is 1080. */
const gap = 22
const cueWidth = 50
const cueHeight = 26
const dot = 11
const longDot = 32
const dotGap = 11

export function placeFoot(foot: Foot, rect: RectPx, unitPx: number, mirrored: boolean): PlacedFoot {
  const px = (units: number): number => Math.round(units * unitPx)
  let startPx = 0
  let endPx = rect.widthPx
  /** A box of the row, `fromStart` or from its end, and then the cursor behind it. */
  const take = (widthPx: number, heightPx: number, fromStart: boolean): RectPx => {
    const offset = fromStart ? startPx : endPx - widthPx
    if (fromStart) startPx += widthPx + px(gap)
    else endPx -= widthPx + px(gap)
    return {
      leftPx: rect.leftPx + (mirrored ? rect.widthPx - offset - widthPx : offset),
      topPx: rect.topPx + Math.round((rect.heightPx - heightPx) / 2),
      widthPx,
      heightPx,
    }
  }
  const textBox = (block: TextBlock, fromStart: boolean): PlacedMark => ({
    block,
    rect: {
      ...take(Math.ceil(block.widthPx), Math.ceil(block.heightPx), fromStart),
      topPx: centredTopPx(block, rect),
    },
  })
  const texts: PlacedMark[] = []
  const logo =
    foot.logo === undefined
      ? undefined
      : take(Math.round(foot.logo.widthPx), Math.round(foot.logo.heightPx), true)
  if (foot.handle !== undefined) texts.push(textBox(foot.handle, true))
  const cue = foot.hasCue ? take(px(cueWidth), px(cueHeight), false) : undefined
  if (foot.mark !== undefined) texts.push(textBox(foot.mark, false))
  const dotsPx = foot.dots === undefined ? 0 : px(longDot) + (foot.dots.count - 1) * (px(dot) + px(dotGap))
  const dots = foot.dots === undefined ? undefined : take(dotsPx, px(dot), false)
  const rects = [
    ...texts.flatMap(({ block, rect: box }) => lineRects(block, box)),
    ...(cue === undefined ? [] : [cue]),
    ...(dots === undefined ? [] : [dots]),
  ]
  return { foot, rect, mirrored, texts, logo, dots, cue, rects }
}

/** Draws a foot. */
export function drawFoot(context: SKRSContext2D, placed: PlacedFoot, color: string, unitPx: number): void {
  for (const { block, rect } of placed.texts) drawText(context, block, rect, { color })
  const { logo } = placed
  if (logo !== undefined && placed.foot.logo !== undefined) {
    context.drawImage(placed.foot.logo.image, logo.leftPx, logo.topPx, logo.widthPx, logo.heightPx)
  }
  if (placed.cue !== undefined)
    drawCue(context, placed.cue, placed.mirrored, color, Math.max(1.5, 3 * unitPx))
  if (placed.dots !== undefined) drawDots(context, placed.dots, placed, color, unitPx)
}

/** An arrow towards the next slide. */
function drawCue(
  context: SKRSContext2D,
  rect: RectPx,
  mirrored: boolean,
  color: string,
  linePx: number,
): void {
  const { leftPx, topPx, widthPx, heightPx } = rect
  const inset = linePx / 2
  const tip = mirrored ? leftPx + inset : leftPx + widthPx - inset
  const tail = mirrored ? leftPx + widthPx - inset : leftPx + inset
  const back = (heightPx / 2 - inset) * (mirrored ? 1 : -1)
  const middle = topPx + heightPx / 2
  context.strokeStyle = color
  context.lineWidth = linePx
  context.lineCap = 'round'
  context.lineJoin = 'round'
  context.beginPath()
  context.moveTo(tail, middle)
  context.lineTo(tip, middle)
  context.moveTo(tip + back, topPx + inset)
  context.lineTo(tip, middle)
  context.lineTo(tip + back, topPx + heightPx - inset)
  context.stroke()
}

function drawDots(
  context: SKRSContext2D,
  rect: RectPx,
  placed: PlacedFoot,
  color: string,
  unitPx: number,
): void {
  const { dots } = placed.foot
  if (dots === undefined) return
  const px = (units: number): number => Math.round(units * unitPx)
  let offset = 0
  context.fillStyle = color
  for (let index = 0; index < dots.count; index += 1) {
    const isCurrent = index === dots.current
    const widthPx = px(isCurrent ? longDot : dot)
    const leftPx = placed.mirrored ? rect.leftPx + rect.widthPx - offset - widthPx : rect.leftPx + offset
    context.globalAlpha = isCurrent ? 1 : 0.5
    context.beginPath()
    context.roundRect(leftPx, rect.topPx, widthPx, rect.heightPx, rect.heightPx / 2)
    context.fill()
    offset += widthPx + px(dotGap)
  }
  context.globalAlpha = 1
}

import type { SKRSContext2D } from '@napi-rs/canvas'
import { contrastOf, luminanceOf } from '../color.ts'
import type { Frame, RowRange } from '../frame.ts'
import { unionOf } from '../layout/arrange.ts'
import type { PlacedPart } from '../layout/arrange.ts'
import type { Placement } from '../layout/placement.ts'
import type { PreparedSlides } from '../layout/prepare-slides.ts'
import type { RectPx } from '../slide.ts'
import { blend } from './blend.ts'
import { drawFoot } from './draw-foot.ts'
import type { PlacedFoot } from './draw-foot.ts'
import { drawPart, inkLuminance } from './draw-part.ts'
import type { PartPaint } from './draw-part.ts'
import { hasFineColor } from './fine-color.ts'
import { fitOf } from './fit.ts'
import { groundsOf } from './ground-plan.ts'
import { prepareGround } from './ground.ts'
import type { GroundPlan } from './ground.ts'
import { css } from './inks.ts'
import { withOverlay } from './overlay.ts'
import { clip, worstPixel } from './pixels.ts'
import type { InkMask, Pixels } from './pixels.ts'
import type { RenderedSlide } from './rendered-slide.ts'
import { readRects, sceneOf } from './scene.ts'
import { touchedRows } from './touched-rows.ts'

/** Ink may stand out of its line box by so much of its size: swashes, accents, marks below. */
const bleedShare = 0.34
/** From this busyness on, buttons are filled. */
const busy = 0.55

/**
 * Makes one slide of a frame: a copy, a scrim where contrast asks for one, then text and foot. The same input gives
 * the same pixels.
 * @param into what the slide's pixels are written to, as long as the frame's
 */
export function renderSlide(
  frame: Frame,
  prepared: PreparedSlides,
  index: number,
  placement: Placement,
  into: Uint8Array = new Uint8Array(frame.data.length),
): RenderedSlide {
  const { widthPx, heightPx } = frame
  const pixels: Pixels = { data: into, widthPx, heightPx }
  const scene = sceneOf(prepared, index, placement)
  const { text, foot } = groundsOf(prepared, placement, scene)
  const isBusy = placement.busyness > busy
  const textPaint = {
    inks: text.plan.inks,
    isBusy,
    background: prepareGround(pixels, text.needs, text.plan, frame.data),
  }
  const footPaint =
    foot === undefined
      ? textPaint
      : { inks: foot.plan.inks, isBusy, background: prepareGround(pixels, foot.needs, foot.plan) }

  const layers = [
    ...scene.parts.map((placed) => partLayer(placed, textPaint)),
    ...(scene.foot === undefined ? [] : [footLayer(scene.foot, prepared, footPaint)]),
  ]
  let contrastRatio = 21
  const rows: RowRange[] = [text.plan, ...(foot === undefined ? [] : [foot.plan])].map(rowsOf)
  for (const layer of layers) {
    const rect = clip(layer.rect, pixels)
    if (rect.widthPx === 0 || rect.heightPx === 0) continue
    withOverlay(rect, layer.draw, (overlay) => {
      // Around the ink the pixels are final already; under it they are easier to skip while it is not there.
      const contrast = measure(pixels, layer.reads, { data: overlay, rect })
      contrastRatio = Math.min(contrastRatio, contrast)
      blend(pixels, overlay, rect)
    })
    rows.push(rect)
  }
  let touched: readonly RowRange[] | undefined
  return {
    data: pixels.data,
    widthPx,
    heightPx,
    get touchedRows() {
      touched ??= touchedRows(
        frame.data,
        pixels.data,
        widthPx,
        rows.map((range) => clipRows(range, heightPx)),
      )
      return touched
    },
    hasFineColor:
      scene.foot?.logo !== undefined || scene.parts.some((placed) => hasFineColor(placed, textPaint)),
    fit: fitOf(scene, contrastRatio, pixels),
  }
}

/** Something read in a layer: where, by whom it has to be told from. */
interface Read {
  readonly rects: readonly RectPx[]
  readonly inkLuminance: number
  readonly tone: PartPaint['inks']['tone']
}

interface Layer {
  readonly rect: RectPx
  readonly reads: readonly Read[]
  draw(context: SKRSContext2D): void
}

function partLayer(placed: PlacedPart, paint: PartPaint): Layer {
  const { part } = placed
  const rects = readRects(placed)
  const luminance = inkLuminance(part, paint)
  return {
    rect: grown(unionOf(rects) ?? placed.rect, part.type === 'text' ? part.block.fontSizePx * bleedShare : 2),
    reads: luminance === undefined ? [] : [{ rects, inkLuminance: luminance, tone: paint.inks.tone }],
    draw: (context) => drawPart(context, placed, paint),
  }
}

function footLayer(foot: PlacedFoot, { geometry }: PreparedSlides, { inks }: PartPaint): Layer {
  const color = inks.softInk
  const rects = foot.texts.length === 0 ? [] : foot.rects
  return {
    rect: grown(foot.rect, foot.rect.heightPx * 0.2),
    reads: [{ rects, inkLuminance: luminanceOf(color), tone: inks.tone }],
    draw: (context) => drawFoot(context, foot, css(color), geometry.unitPx),
  }
}

/** The least contrast of what is read in a layer, from the final pixels around its ink. */
function measure(pixels: Pixels, reads: readonly Read[], mask: InkMask): number {
  let least = 21
  for (const { rects, inkLuminance: ink, tone } of reads) {
    const inside = rects.map((rect) => within(rect, mask.rect))
    const worst = worstPixel(pixels, inside, tone, mask)
    if (worst !== undefined) least = Math.min(least, contrastOf(ink, worst.luminance))
  }
  return least
}

function within(rect: RectPx, outer: RectPx): RectPx {
  const leftPx = Math.max(rect.leftPx, outer.leftPx)
  const topPx = Math.max(rect.topPx, outer.topPx)
  return {
    leftPx,
    topPx,
    widthPx: Math.max(0, Math.min(rect.leftPx + rect.widthPx, outer.leftPx + outer.widthPx) - leftPx),
    heightPx: Math.max(0, Math.min(rect.topPx + rect.heightPx, outer.topPx + outer.heightPx) - topPx),
  }
}

function grown(rect: RectPx, byPx: number): RectPx {
  return {
    leftPx: rect.leftPx - byPx,
    topPx: rect.topPx - byPx,
    widthPx: rect.widthPx + 2 * byPx,
    heightPx: rect.heightPx + 2 * byPx,
  }
}

/** Every row that a scrim may have changed. */
function rowsOf({ rows }: GroundPlan): RowRange {
  const topPx = Math.floor(rows.start - rows.before)
  return { topPx, heightPx: Math.ceil(rows.end + rows.after) - topPx }
}

function clipRows({ topPx, heightPx }: RowRange, rows: number): RowRange {
  const first = Math.min(rows, Math.max(0, topPx))
  return { topPx: first, heightPx: Math.max(0, Math.min(rows, topPx + heightPx) - first) }
}

import { createCanvas } from '@napi-rs/canvas'
import type { Canvas, SKRSContext2D } from '@napi-rs/canvas'
import type { RectPx } from '../slide.ts'

/** One canvas is kept for all slides: making one for each leaves its memory to the garbage collector. */
let kept: { canvas: Canvas; context: SKRSContext2D } | undefined
/** Larger ones are made for one slide only. */
const mostKeptPx = 4 * 1024 * 1024

/**
 * Draws into a transparent overlay of the size of `rect`; what is drawn at its corner in the slide lands there.
 * @returns premultiplied RGBA, valid until the next call
 */
export function drawOverlay(rect: RectPx, draw: (context: SKRSContext2D) => void): Uint8Array {
  const { canvas, context } = canvasOf(rect.widthPx, rect.heightPx)
  context.save()
  context.translate(-rect.leftPx, -rect.topPx)
  draw(context)
  context.restore()
  return canvas.data()
}

function canvasOf(widthPx: number, heightPx: number): { canvas: Canvas; context: SKRSContext2D } {
  if (kept !== undefined && kept.canvas.width === widthPx && kept.canvas.height === heightPx) {
    kept.context.clearRect(0, 0, widthPx, heightPx)
    return kept
  }
  const canvas = createCanvas(widthPx, heightPx)
  const made = { canvas, context: canvas.getContext('2d') }
  if (widthPx * heightPx <= mostKeptPx) kept = made
  return made
}

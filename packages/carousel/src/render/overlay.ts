import { createCanvas } from '@napi-rs/canvas'
import type { Canvas, SKRSContext2D } from '@napi-rs/canvas'
import type { RectPx } from '../slide.ts'

/**
 * One canvas for all slides of the process, resized for each overlay: that empties it, and gives its memory back at
 * once where a new canvas leaves that to the garbage collector. Drawing is synchronous, so nobody else has it.
 */
let kept: { canvas: Canvas; context: SKRSContext2D } | undefined

/**
 * Draws into a transparent overlay of the size of `rect`, in the coordinates of the slide. Reading pixels back costs
 * more than drawing them: keep it small.
 * @returns premultiplied RGBA
 */
export function drawOverlay(rect: RectPx, draw: (context: SKRSContext2D) => void): Uint8Array {
  kept ??= withContext(createCanvas(rect.widthPx, rect.heightPx))
  const { canvas, context } = kept
  canvas.width = rect.widthPx
  canvas.height = rect.heightPx
  context.translate(-rect.leftPx, -rect.topPx)
  draw(context)
  return canvas.data()
}

function withContext(canvas: Canvas): { canvas: Canvas; context: SKRSContext2D } {
  return { canvas, context: canvas.getContext('2d') }
}

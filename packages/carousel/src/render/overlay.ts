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
 * @param use is given the overlay, premultiplied RGBA, which is gone when it returns: buffers of this size that wait
 * for the garbage collector make it run every fourth carousel, for 20 ms
 */
export function withOverlay(
  rect: RectPx,
  draw: (context: SKRSContext2D) => void,
  use: (overlay: Uint8Array) => void,
): void {
  kept ??= withContext(createCanvas(rect.widthPx, rect.heightPx))
  const { canvas, context } = kept
  // Each of them makes the canvas anew: first one that is next to nothing.
  canvas.width = 1
  canvas.height = rect.heightPx
  canvas.width = rect.widthPx
  context.translate(-rect.leftPx, -rect.topPx)
  draw(context)
  const overlay = canvas.data()
  try {
    use(overlay)
  } finally {
    if (overlay.buffer instanceof ArrayBuffer) overlay.buffer.transfer(0)
  }
}

function withContext(canvas: Canvas): { canvas: Canvas; context: SKRSContext2D } {
  return { canvas, context: canvas.getContext('2d') }
}

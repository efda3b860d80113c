import { createCanvas, loadImage } from '@napi-rs/canvas'
import type { BackendInput } from '../backend.ts'

/**
 * A mask as diffusion servers read it: white is drawn anew, black is kept, no alpha channel that matters. The seam's
 * masks are OpenAI's: transparent is drawn anew.
 * @returns a PNG of the mask's size
 */
export async function whiteMaskOf(mask: BackendInput): Promise<Uint8Array> {
  const picture = await loadImage(Buffer.from(mask.bytes))
  const canvas = createCanvas(picture.width, picture.height)
  const context = canvas.getContext('2d')
  context.drawImage(picture, 0, 0)
  const pixels = context.getImageData(0, 0, picture.width, picture.height)
  for (let index = 0; index < pixels.data.length; index += 4) {
    const drawn = 255 - (pixels.data[index + 3] ?? 255)
    pixels.data.set([drawn, drawn, drawn, 255], index)
  }
  context.putImageData(pixels, 0, 0)
  return new Uint8Array(await canvas.encode('png'))
}

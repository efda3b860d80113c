import { createCanvas, loadImage } from '@napi-rs/canvas'
import { expect, test } from 'vitest'
import { encodePng } from './png.ts'
import { createRandom } from './random.ts'

function noisyCanvas(widthPx: number, heightPx: number) {
  const canvas = createCanvas(widthPx, heightPx)
  const context = canvas.getContext('2d')
  const image = context.createImageData(widthPx, heightPx)
  const random = createRandom('png')
  for (const index of image.data.keys()) image.data[index] = index % 4 === 3 ? 255 : random.whole(0, 255)
  context.putImageData(image, 0, 0)
  return { canvas, pixels: image.data }
}

test.each([
  [1, 1],
  [7, 300],
  [129, 64],
])('%i × %i: a decoder reads back every pixel', async (widthPx, heightPx) => {
  const { canvas, pixels } = noisyCanvas(widthPx, heightPx)
  const picture = await loadImage(Buffer.from(await encodePng(canvas, new AbortController().signal)))
  expect([picture.width, picture.height]).toEqual([widthPx, heightPx])
  const context = createCanvas(widthPx, heightPx).getContext('2d')
  context.drawImage(picture, 0, 0)
  expect(
    Buffer.compare(Buffer.from(context.getImageData(0, 0, widthPx, heightPx).data), Buffer.from(pixels)),
  ).toBe(0)
})

test('an abort stops it', async () => {
  const reason = new Error('enough')
  await expect(encodePng(noisyCanvas(4, 4).canvas, AbortSignal.abort(reason))).rejects.toBe(reason)
})

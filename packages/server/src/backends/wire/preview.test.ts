import { createCanvas, loadImage } from '@napi-rs/canvas'
import { expect, test } from 'vitest'
import { previewOf } from './preview.ts'
import { testPng } from '../openai/testing/test-png.ts'

test.each([
  [1536, 1024, 256, 171],
  [100, 40, 100, 40],
  [4000, 10, 256, 1],
])('%ix%i becomes %ix%i', async (widthPx, heightPx, previewWidth, previewHeight) => {
  const preview = await previewOf(testPng(widthPx, heightPx, 'x'))
  const { width, height } = await loadImage(Buffer.from(preview?.bytes ?? []))
  expect([width, height]).toEqual([previewWidth, previewHeight])
  expect(preview?.mediaType).toBe('image/jpeg')
})

test('what is no whole PNG, or claims to be huge, has no preview', async () => {
  const png = testPng(64, 64, 'x')
  const huge = Buffer.from(png)
  huge.writeUInt32BE(100_000, 16)
  huge.writeUInt32BE(100_000, 20)
  const noPixels = png.subarray(0, 40)
  for (const bytes of [huge, noPixels, Buffer.from('GIF89a'), Buffer.alloc(0)]) {
    expect(await previewOf(bytes)).toBeUndefined()
  }
})

test('a JPEG, as ComfyUI sends its previews, becomes small as well', async () => {
  const canvas = createCanvas(1024, 640)
  const preview = await previewOf(new Uint8Array(await canvas.encode('jpeg', 90)))
  const { width, height } = await loadImage(Buffer.from(preview?.bytes ?? []))
  expect([width, height]).toEqual([256, 160])
  expect(preview?.mediaType).toBe('image/jpeg')
})

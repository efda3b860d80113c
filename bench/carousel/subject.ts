import { createCanvas } from '@napi-rs/canvas'
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import type { SlideText } from '../../packages/carousel/src/slide.ts'

/** The size of every slide. */
export const slideSize = { widthPx: 1080, heightPx: 1350 } as const

/** Of the six slides that are timed. All variants are given these words. */
export const slides: readonly SlideText[] = [
  {
    kind: 'hook',
    title: 'One photo, **fetched once**, six slides',
    body: 'What a carousel costs, and what it need not',
  },
  { kind: 'credibility', title: '6 downloads became **1**', body: 'Counted by the server that sent them' },
  {
    kind: 'point',
    title: 'Download once',
    body: 'Each slide used to fetch the same photo by itself. Now one of them does, and the others wait for it.',
  },
  {
    kind: 'point',
    title: 'Decode once',
    body: 'Five million pixels are unpacked a single time, at the scale that the largest slide needs.',
  },
  {
    kind: 'point',
    title: 'Look once',
    body: 'Where is it calm, where is a face, how light is it? The photo answers for all slides together.',
  },
  { kind: 'cta', title: 'Make yours', body: 'One command, no account', label: 'Try Darkroom' },
]

/** A seventh, for the price of one more. */
export const seventhSlide: SlideText = {
  kind: 'point',
  title: 'Write only words',
  body: 'A slide then costs its own text and its own encoding, and nothing of the photo.',
}

/** The base that all variants start from: JPEG, 2160 × 2700, about 1 MB. */
export async function readBase(): Promise<{ bytes: Buffer; about: string }> {
  const photo = new URL('../../../shared/photos/workshop-2160x2700.jpg', import.meta.url)
  const bytes = await readFile(photo).catch(() => undefined)
  if (bytes !== undefined) return { bytes, about: 'a photograph of 2160 × 2700' }
  return { bytes: await drawBase(), about: 'a drawn picture with noise, 2160 × 2700' }
}

/** Light, forms and grain: as many bytes and as much detail as a photograph has. */
async function drawBase(): Promise<Buffer> {
  const canvas = createCanvas(2160, 2700)
  const context = canvas.getContext('2d')
  const sky = context.createLinearGradient(0, 0, 0, 2700)
  sky.addColorStop(0, '#2b4a6b')
  sky.addColorStop(1, '#e8b98a')
  context.fillStyle = sky
  context.fillRect(0, 0, 2160, 2700)
  for (let index = 0; index < 60; index += 1) {
    context.fillStyle = `hsl(${(index * 47) % 360} 35% ${25 + ((index * 13) % 40)}%)`
    context.beginPath()
    const [radiusX, radiusY] = [60 + ((index * 53) % 240), 40 + ((index * 29) % 160)]
    context.ellipse((index * 397) % 2160, 1400 + ((index * 631) % 1300), radiusX, radiusY, 0, 0, 2 * Math.PI)
    context.fill()
  }
  const grain = await sharp({
    create: {
      width: 2160,
      height: 2700,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 24 },
    },
  })
    .blur(1.2)
    .png()
    .toBuffer()
  return sharp(canvas.toBuffer('image/png'))
    .composite([{ input: grain, blend: 'soft-light' }])
    .flatten()
    .jpeg({ quality: 82 })
    .toBuffer()
}

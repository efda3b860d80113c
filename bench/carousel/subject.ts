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
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="2160" height="2700">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#2b4a6b"/><stop offset="1" stop-color="#e8b98a"/></linearGradient></defs>
    <rect width="2160" height="2700" fill="url(#sky)"/>
    ${Array.from({ length: 60 }, (_, index) => `<ellipse cx="${(index * 397) % 2160}" cy="${1400 + ((index * 631) % 1300)}" rx="${60 + ((index * 53) % 240)}" ry="${40 + ((index * 29) % 160)}" fill="hsl(${(index * 47) % 360} 35% ${25 + ((index * 13) % 40)}%)"/>`).join('')}
  </svg>`
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
  return sharp(Buffer.from(svg))
    .composite([{ input: grain, blend: 'soft-light' }])
    .flatten()
    .jpeg({ quality: 82 })
    .toBuffer()
}

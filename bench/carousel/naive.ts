import sharp from 'sharp'
import type { SlideText } from '../../packages/carousel/src/slide.ts'
import { slideSize } from './subject.ts'

/**
 * Carousels as a team writes them with sharp: for each slide the photo is downloaded, decoded, measured
 * (`stats()`), an SVG with a gradient and the wrapped text is laid over it, and the result is encoded. `shared`
 * says what is done once for all slides instead. sharp's own settings are its defaults.
 *
 * It is kinder than what is often written: the picture is decoded once a slide, not again for `stats()`, and
 * measured at the slide's size.
 */
export interface NaiveOptions {
  shared: 'nothing' | 'download' | 'decode'
  /** A soft shadow below the text (`feDropShadow`). */
  shadow: boolean
}

const { widthPx, heightPx } = slideSize
const quality = 85

interface Pixels {
  data: Buffer
  raw: { width: number; height: number; channels: 1 | 2 | 3 | 4 }
}

interface Measured extends Pixels {
  isLight: boolean
}

export async function makeNaive(
  url: string,
  slides: readonly SlideText[],
  { shared, shadow }: NaiveOptions,
): Promise<Uint8Array[]> {
  if (shared === 'nothing') {
    return Promise.all(
      slides.map(async (slide) => encode(await measure(await decode(await download(url))), slide, shadow)),
    )
  }
  const bytes = await download(url)
  if (shared === 'download') {
    return Promise.all(slides.map(async (slide) => encode(await measure(await decode(bytes)), slide, shadow)))
  }
  const base = await measure(await decode(bytes))
  return Promise.all(slides.map((slide) => encode(base, slide, shadow)))
}

export async function download(url: string): Promise<Buffer> {
  const answer = await fetch(url)
  return Buffer.from(await answer.arrayBuffer())
}

async function decode(bytes: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(bytes)
    .rotate()
    .resize(widthPx, heightPx, { fit: 'cover' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { data, raw: { width: info.width, height: info.height, channels: info.channels } }
}

async function measure(pixels: Pixels): Promise<Measured> {
  const { channels } = await sharp(pixels.data, { raw: pixels.raw }).stats()
  const [red, green, blue] = channels.map(({ mean }) => mean)
  const luma = 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0)
  return { ...pixels, isLight: luma > 140 }
}

async function encode(base: Measured, slide: SlideText, shadow: boolean): Promise<Uint8Array> {
  return sharp(base.data, { raw: base.raw })
    .composite([{ input: Buffer.from(svgOf(slide, base.isLight, shadow)) }])
    .jpeg({ quality })
    .toBuffer()
}

/** Text at the bottom, on a gradient, wrapped by counting characters. */
export function svgOf(slide: SlideText, isLight: boolean, shadow: boolean): string {
  const [ground, ink] = isLight ? ['#fff', '#111'] : ['#000', '#fff']
  const title = wrap(slide.title.replaceAll('**', ''), 20)
  const body = wrap(slide.body ?? '', 44)
  const bodyTopPx = heightPx - 120 - (body.length - 1) * 52
  const titleTopPx = bodyTopPx - 70 - (title.length - 1) * 96
  const line = (text: string, topPx: number, sizePx: number, weight: number): string =>
    `<text x="80" y="${topPx}" font-size="${sizePx}" font-weight="${weight}">${escape(text)}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}">
    <defs>
      <linearGradient id="scrim" x1="0" y1="0" x2="0" y2="1">
        <stop offset="0.4" stop-color="${ground}" stop-opacity="0"/>
        <stop offset="1" stop-color="${ground}" stop-opacity="0.8"/>
      </linearGradient>
      <filter id="shadow"><feDropShadow dx="0" dy="3" stdDeviation="6" flood-color="${ground}" flood-opacity="0.6"/></filter>
    </defs>
    <rect width="${widthPx}" height="${heightPx}" fill="url(#scrim)"/>
    <g font-family="sans-serif" fill="${ink}"${shadow ? ' filter="url(#shadow)"' : ''}>
      ${title.map((text, index) => line(text, titleTopPx + index * 96, 84, 700)).join('')}
      ${body.map((text, index) => line(text, bodyTopPx + index * 52, 40, 400)).join('')}
    </g>
  </svg>`
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length + 1 > columns) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

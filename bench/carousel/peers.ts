import { createCanvas, Image } from '@napi-rs/canvas'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import type { OverlayOptions } from 'sharp'
import type { SlideText } from '../../packages/carousel/src/slide.ts'
import { download } from './naive.ts'
import { slideSize } from './subject.ts'
import type { MakeCarousel } from './variants.ts'

/**
 * Other ways to draw text on a photograph, each at its best: the photograph is fetched, decoded and scaled once, the
 * library draws the same gradient and texts, sharp encodes. Libraries that are not ours to depend on are taken from
 * a folder in which they were installed: `npm i satori @resvg/resvg-js @vercel/og @fontsource/inter`.
 */
const { widthPx, heightPx } = slideSize
const quality = 85
const scrim = 'linear-gradient(180deg, rgba(0,0,0,0) 40%, rgba(0,0,0,0.8) 100%)'
const shadow = '0 3px 12px rgba(0,0,0,0.6)'

/** The folder in which peers are looked for, as the parent process found it. */
const peersVariable = 'DARKROOM_BENCH_PEERS'

/** Where a peer's modules are found from a folder; undefined where one is missing. */
export function findModules(folder: string, names: readonly string[]): string[] | undefined {
  const require = createRequire(join(folder, 'package.json'))
  try {
    return names.map((name) => require.resolve(name))
  } catch {
    return undefined
  }
}

async function load<T>(name: string): Promise<T> {
  const [path = name] = findModules(process.env[peersVariable] ?? '.', [name]) ?? []
  return (await import(pathToFileURL(path).href)) as T
}

/** The environment of a process that loads peers. */
export function peersEnvironment(folder: string): Record<string, string> {
  return { [peersVariable]: folder }
}

/** Skia through its canvas: photograph, gradient, shadow and text in one bitmap, encoded by it too. */
export async function loadCanvas(): Promise<MakeCarousel> {
  return async ({ url, slides }) => {
    const photo = new Image()
    photo.src = await download(url)
    await photo.decode()
    const made = await Promise.all(slides.map((slide) => drawOnCanvas(photo, slide)))
    return sumOf(made)
  }
}

async function drawOnCanvas(photo: Image, slide: SlideText): Promise<Buffer> {
  const canvas = createCanvas(widthPx, heightPx)
  const context = canvas.getContext('2d')
  context.drawImage(photo, 0, 0, widthPx, heightPx)
  const gradient = context.createLinearGradient(0, heightPx * 0.4, 0, heightPx)
  gradient.addColorStop(0, 'rgba(0,0,0,0)')
  gradient.addColorStop(1, 'rgba(0,0,0,0.8)')
  context.fillStyle = gradient
  context.fillRect(0, 0, widthPx, heightPx)
  context.shadowColor = 'rgba(0,0,0,0.6)'
  context.shadowBlur = 12
  context.shadowOffsetY = 3
  context.fillStyle = '#fff'
  context.font = '700 84px sans-serif'
  context.fillText(titleOf(slide), 80, 1000, widthPx - 160)
  context.font = '400 40px sans-serif'
  context.fillText(slide.body ?? '', 80, 1100, widthPx - 160)
  return canvas.encode('jpeg', quality)
}

/** Satori lays out, resvg rasterises, sharp lays over and encodes. */
export async function loadSatori(): Promise<MakeCarousel> {
  type Satori = (element: object, options: object) => Promise<string>
  interface Resvg {
    Resvg: new (svg: string) => { render: () => { pixels: Uint8Array; width: number; height: number } }
  }
  // Resolved for `require`, its export is one level deeper.
  const { default: found } = await load<{ default: Satori | { default: Satori } }>('satori')
  const satori = typeof found === 'function' ? found : found.default
  const { Resvg } = await load<Resvg>('@resvg/resvg-js')
  const fonts = await interFonts()
  return overlaid(async (slide) => {
    const svg = await satori(elementOf(slide), { width: widthPx, height: heightPx, fonts })
    const { pixels, width, height } = new Resvg(svg).render()
    return { input: Buffer.from(pixels), raw: { width, height, channels: 4 }, premultiplied: true }
  })
}

/** Vercel's ImageResponse: satori and resvg as WebAssembly, PNG in between. */
export async function loadVercelOg(): Promise<MakeCarousel> {
  interface Og {
    ImageResponse: new (element: object, options: object) => Response
  }
  const { ImageResponse } = await load<Og>('@vercel/og')
  const fonts = await interFonts()
  return overlaid(async (slide) => {
    const png = new ImageResponse(elementOf(slide), { width: widthPx, height: heightPx, fonts })
    return { input: Buffer.from(await png.arrayBuffer()) }
  })
}

/** One photograph, decoded once; what the library draws is laid over it by sharp. */
function overlaid(draw: (slide: SlideText) => Promise<OverlayOptions>): MakeCarousel {
  return async ({ url, slides }) => {
    const { data, info } = await sharp(await download(url))
      .resize(widthPx, heightPx)
      .raw()
      .toBuffer({ resolveWithObject: true })
    const raw = { width: info.width, height: info.height, channels: info.channels }
    const made = await Promise.all(
      slides.map(async (slide) =>
        sharp(data, { raw })
          .composite([await draw(slide)])
          .jpeg({ quality })
          .toBuffer(),
      ),
    )
    return sumOf(made)
  }
}

async function interFonts(): Promise<object[]> {
  const weights = [400, 700] as const
  return Promise.all(
    weights.map(async (weight) => {
      const file = `@fontsource/inter/files/inter-latin-${weight}-normal.woff`
      const [path = file] = findModules(process.env[peersVariable] ?? '.', [file]) ?? []
      return { name: 'Inter', weight, style: 'normal', data: await readFile(path) }
    }),
  )
}

/** What JSX would make of two lines at the bottom of a gradient. */
function elementOf(slide: SlideText): object {
  const line = (text: string, fontSize: number, fontWeight: number): object => ({
    type: 'div',
    key: null,
    props: { style: { fontSize, fontWeight, marginTop: 30 }, children: text },
  })
  return {
    type: 'div',
    key: null,
    props: {
      style: {
        display: 'flex',
        flexDirection: 'column',
        justifyContent: 'flex-end',
        width: '100%',
        height: '100%',
        padding: 80,
        color: '#fff',
        fontFamily: 'Inter',
        textShadow: shadow,
        backgroundImage: scrim,
      },
      children: [line(titleOf(slide), 84, 700), line(slide.body ?? '', 40, 400)],
    },
  }
}

function titleOf({ title }: SlideText): string {
  return title.replaceAll('**', '')
}

function sumOf(made: readonly Uint8Array[]): number {
  return made.reduce((sum, bytes) => sum + bytes.byteLength, 0)
}

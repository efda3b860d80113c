import type { Brand, SlideFormat, SlideSize, SlideText } from '@darkroom/carousel'
import { defaultSlideSize } from '@darkroom/carousel'
import { formatOfExtension } from '@darkroom/picture'
import { colorPattern, readBrand, readBrandFile } from './brand-file.ts'
import { readPart } from './read-json.ts'
import type { SlidesFile } from './slides-file.ts'
import { readSlidesFile } from './slides-file.ts'
import { UsageError } from './usage-error.ts'

/** The options of `darkroom carousel` that say what its slides are like, as commander gives them. */
export interface DesignOptions {
  /** A file. */
  slides: string
  size: readonly string[]
  format?: string
  quality?: string
  theme?: string
  /** A file. */
  brand?: string
  brandColor?: string
  handle?: string
  /** A file. */
  logo?: string
}

/** What is made of a base: by the options, then by the file of slides, then by default. */
export interface CarouselDesign {
  slides: readonly SlideText[]
  /** At least one, each once. */
  sizes: readonly SlideSize[]
  format: SlideFormat
  quality: number | undefined
  theme: string | undefined
  brand: Brand | undefined
}

/** @throws UsageError for what cannot be read or understood, naming the option, or the file and the place in it */
export async function readDesign(options: DesignOptions): Promise<CarouselDesign> {
  const file = await readSlidesFile(options.slides)
  return {
    slides: file.slides,
    sizes: sizesOf(options, file),
    format: formatOf(options, file),
    quality: options.quality === undefined ? file.quality : qualityOf(options.quality),
    theme: options.theme ?? file.theme,
    brand: await brandOf(options, file),
  }
}

function sizesOf(options: DesignOptions, file: SlidesFile): SlideSize[] {
  const asked = options.size.flatMap((list) => list.split(',')).map((text) => sizeOf(text.trim(), '--size'))
  if (asked.length === 0 && file.size !== undefined) asked.push(sizeOf(file.size, `${options.slides}: size`))
  if (asked.length === 0) asked.push(defaultSlideSize)
  return [...new Map(asked.map((size) => [nameOfSize(size), size])).values()]
}

/** `1080x1350`. */
export function nameOfSize({ widthPx, heightPx }: SlideSize): string {
  return `${widthPx}x${heightPx}`
}

function sizeOf(text: string, from: string): SlideSize {
  const { width, height } = /^(?<width>\d{1,5})[x×](?<height>\d{1,5})$/u.exec(text)?.groups ?? {}
  if (width === undefined || height === undefined) {
    throw new UsageError(`${from}: ${JSON.stringify(text)} is no size; write it like 1080x1350.`)
  }
  return { widthPx: Number(width), heightPx: Number(height) }
}

function formatOf(options: DesignOptions, file: SlidesFile): SlideFormat {
  const text = options.format ?? file.format ?? 'jpeg'
  const format = formatOfExtension(text)
  if (format !== undefined) return format
  const from = options.format === undefined ? `${options.slides}: format` : '--format'
  throw new UsageError(`${from}: ${JSON.stringify(text)} must be jpeg, png, webp or avif.`)
}

function qualityOf(text: string): number {
  if (/^\d{1,3}$/u.test(text)) return Number(text)
  throw new UsageError(`--quality: ${JSON.stringify(text)} must be a whole number from 1 to 100.`)
}

async function brandOf(options: DesignOptions, file: SlidesFile): Promise<Brand | undefined> {
  const { brandColor, handle, logo } = options
  if (brandColor !== undefined && !colorPattern.test(brandColor)) {
    throw new UsageError(`--brand-color: ${JSON.stringify(brandColor)} must be a colour like #c8102e.`)
  }
  const brand: Brand = {
    ...(file.brand === undefined ? {} : await readBrand(file.brand, options.slides)),
    ...(options.brand === undefined ? {} : await readBrandFile(options.brand)),
    ...(brandColor === undefined ? {} : { color: brandColor }),
    ...(handle === undefined ? {} : { handle }),
    ...(logo === undefined ? {} : { logo: await readPart(logo) }),
  }
  return Object.keys(brand).length === 0 ? undefined : brand
}

import type { SlideText } from '@darkroom/carousel'
import { slideKinds } from '@darkroom/carousel'
import { z } from 'zod'
import type { BrandText } from './brand-file.ts'
import { brandText } from './brand-file.ts'
import { readJson } from './read-json.ts'

const slide = z.strictObject({
  kind: z.enum(slideKinds, `must be one of ${slideKinds.join(', ')}`),
  title: z.string('must be a text'),
  body: z.string('must be a text').optional(),
  label: z.string('must be a text').optional(),
})

const whole = z.strictObject({
  slides: z.array(slide, 'must be a list of slides'),
  theme: z.string('must be the name of a theme').optional(),
  brand: brandText.optional(),
  size: z.string('must be a size like 1080x1350').optional(),
  format: z.string('must be jpeg, png, webp or avif').optional(),
  quality: z.int('must be a whole number from 1 to 100').optional(),
})

/** A file of slides. Paths in it are relative to it. */
export interface SlidesFile {
  slides: SlideText[]
  theme?: string | undefined
  brand?: BrandText | undefined
  /** `1080x1350`. */
  size?: string | undefined
  format?: string | undefined
  quality?: number | undefined
}

/**
 * Reads `{ "slides": […], "theme"?, "brand"?, "size"?, "format"?, "quality"? }`, or the bare list of slides.
 * @throws UsageError naming the file and the place in it
 */
export async function readSlidesFile(path: string): Promise<SlidesFile> {
  return readJson(
    path,
    z.preprocess((json) => (Array.isArray(json) ? { slides: json as unknown } : json), whole),
  )
}

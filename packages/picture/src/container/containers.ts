import type { SourceFormat } from '../picture-format.ts'
import type { Container } from './container.ts'
import { jpegContainer } from './jpeg.ts'
import { pngContainer } from './png.ts'
import { webpContainer } from './webp.ts'

/** The formats whose metadata can be edited without touching their pixels. */
export const containers: Readonly<Partial<Record<SourceFormat, Container>>> = {
  jpeg: jpegContainer,
  png: pngContainer,
  webp: webpContainer,
}

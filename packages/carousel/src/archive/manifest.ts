import { mediaTypeOf } from '@darkroom/picture'
import { createHash } from 'node:crypto'
import type { SlideSize } from '../carousel-request.ts'
import type { ArchiveSlide } from './archive-slide.ts'
import { slideFileName } from './archive-slide.ts'

/** What the archive says of a carousel besides its slides. */
export interface ManifestFacts {
  size: SlideSize
  /** A theme's name. */
  theme?: string | undefined
  /** The base: SHA-256 of its bytes, hex. */
  baseHash?: string | undefined
  /** As `Carousel.work()` counts it. */
  work?: object | undefined
}

/** A slide in `manifest.json`. `bytes`, `sha256` (hex) and `fit` are those of the file. */
export type ManifestSlide = { index: number; kind: string; title: string; body?: string; label?: string } & (
  | {
      status: 'done'
      file: string
      mediaType: string
      width: number
      height: number
      bytes: number
      sha256: string
      fit: object
    }
  | { status: 'failed'; error: { code: string; message: string } }
)

/** `manifest.json`. Sides in pixels, named as in the API. */
export interface Manifest {
  format: 'darkroom-carousel/1'
  width: number
  height: number
  theme?: string
  baseSha256?: string
  slides: ManifestSlide[]
  work?: object
}

/** What the manifest says of one slide. */
export function manifestSlide(slide: ArchiveSlide): ManifestSlide {
  const { kind, title, body, label } = slide.text
  const said = {
    index: slide.index,
    kind,
    title,
    ...(body === undefined ? {} : { body }),
    ...(label === undefined ? {} : { label }),
  }
  if (slide.status === 'rejected') return { ...said, status: 'failed', error: slide.error }
  const { bytes, format, widthPx, heightPx, fit } = slide.value
  return {
    ...said,
    status: 'done',
    file: slideFileName(slide.index, kind, format),
    mediaType: mediaTypeOf(format),
    width: widthPx,
    height: heightPx,
    bytes: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    fit,
  }
}

/** The whole manifest: equal input gives equal text. */
export function manifestOf(facts: ManifestFacts, slides: ManifestSlide[]): Manifest {
  const { size, theme, baseHash, work } = facts
  return {
    format: 'darkroom-carousel/1',
    width: size.widthPx,
    height: size.heightPx,
    ...(theme === undefined ? {} : { theme }),
    ...(baseHash === undefined ? {} : { baseSha256: baseHash }),
    slides,
    ...(work === undefined ? {} : { work }),
  }
}

import { CarouselError } from './carousel-error.ts'
import type { CarouselRequest, SlideFormat, SlideSize } from './carousel-request.ts'
import { checkedDesign } from './checked-design.ts'
import type { CheckedDesign } from './checked-design.ts'
import { minBaseSidePx } from './decode/decode-size.ts'
import { defaultSlideQuality } from './encode/sharp-encoder.ts'
import { printableText } from './printable-text.ts'
import type { SlideText } from './slide.ts'
import { slideKinds } from './slide.ts'
import { originOf } from './source/base-input.ts'
import type { BaseOrigin } from './source/base-input.ts'

/** What a carousel may be. */
export interface CarouselLimits {
  readonly minSlides: number
  readonly maxSlides: number
  /** Of a slide. */
  readonly minSidePx: number
  readonly maxSidePx: number
  readonly maxPixels: number
  /** Of the base. */
  readonly minBaseSidePx: number
  /** UTF-16 units of one field. What does not fit its slide ends in an ellipsis, and `fit` says so. */
  readonly maxTextLength: number
}

/** For whoever describes or checks a request elsewhere. */
export const carouselLimits: CarouselLimits = {
  minSlides: 2,
  maxSlides: 20,
  minSidePx: 200,
  maxSidePx: 4096,
  maxPixels: 8 * 1024 * 1024,
  minBaseSidePx,
  maxTextLength: 5000,
}

export const defaultSlideSize: SlideSize = { widthPx: 1080, heightPx: 1350 }

const formats: readonly SlideFormat[] = ['jpeg', 'png', 'webp', 'avif']

/** A request without anything left open. */
export interface CheckedRequest {
  origin: BaseOrigin
  slides: readonly SlideText[]
  size: SlideSize
  format: SlideFormat
  quality: number
  design: CheckedDesign
  /** Indexes to be made, ascending, each once. */
  only: readonly number[]
  domain: string
}

/**
 * A request with its defaults; nothing is asked of anybody. Logo and fonts are looked at when they are used.
 * @throws CarouselError naming the parameter
 */
export function checkedRequest(request: CarouselRequest): CheckedRequest {
  if (typeof request !== 'object' || request === null) {
    throw new CarouselError('SLIDES_INVALID', 'A carousel is asked for by an object with base and slides.')
  }
  const { format = 'jpeg' } = request
  if (!formats.includes(format)) {
    throw new CarouselError('FORMAT_INVALID', `Slides are made as ${formats.join(', ')}.`, {
      param: 'format',
    })
  }
  const slides = checkedSlides(request.slides)
  return {
    origin: originOf(request.base),
    slides,
    size: checkedSize(request.size),
    format,
    quality: checkedQuality(request.quality ?? defaultSlideQuality[format]),
    design: checkedDesign(request),
    only: checkedOnly(request.only, slides.length),
    domain: request.domain ?? 'default',
  }
}

function checkedSlides(slides: unknown): SlideText[] {
  const { minSlides, maxSlides } = carouselLimits
  if (!Array.isArray(slides) || slides.length < minSlides || slides.length > maxSlides) {
    const found = Array.isArray(slides) ? `, not ${slides.length}` : ''
    throw new CarouselError('SLIDES_INVALID', `A carousel has ${minSlides} to ${maxSlides} slides${found}.`, {
      param: 'slides',
    })
  }
  // Not `map` itself: it passes over the holes of an array.
  return Array.from(slides, (slide: unknown, index) => checkedSlide(slide, `slides[${index}]`))
}

function checkedSlide(slide: unknown, param: string): SlideText {
  if (typeof slide !== 'object' || slide === null) throw slideError('A slide is an object.', param)
  const { kind, title, body, label } = slide as Partial<Record<keyof SlideText, unknown>>
  if (!slideKinds.some((known) => known === kind)) {
    throw slideError(`The kind of a slide is one of ${slideKinds.join(', ')}.`, `${param}.kind`)
  }
  const text = checkedText(title, `${param}.title`)
  if (text === undefined) throw slideError('A slide has a title with something to read.', `${param}.title`)
  const checkedBody = checkedText(body, `${param}.body`)
  const checkedLabel = checkedText(label, `${param}.label`)
  return {
    kind: kind as SlideText['kind'],
    title: text,
    ...(checkedBody !== undefined && { body: checkedBody }),
    ...(checkedLabel !== undefined && { label: checkedLabel }),
  }
}

/** A field as it is set; blank as if it were not there. */
function checkedText(text: unknown, param: string): string | undefined {
  if (text === undefined || text === null) return undefined
  if (typeof text !== 'string') throw slideError('The fields of a slide are texts.', param)
  const { maxTextLength } = carouselLimits
  if (text.length > maxTextLength) {
    throw slideError(`A text has at most ${maxTextLength} characters, not ${text.length}.`, param)
  }
  return printableText(text)
}

function checkedSize(size: SlideSize = defaultSlideSize): SlideSize {
  const { minSidePx, maxSidePx, maxPixels } = carouselLimits
  if (typeof size !== 'object' || size === null) throw sizeError('A size is {widthPx, heightPx}.')
  const { widthPx, heightPx } = size
  for (const side of [widthPx, heightPx]) {
    if (Number.isInteger(side) && side >= minSidePx && side <= maxSidePx) continue
    throw sizeError(`The sides of a slide are whole numbers from ${minSidePx} to ${maxSidePx} pixels.`)
  }
  if (widthPx * heightPx > maxPixels) throw sizeError(`A slide has at most ${maxPixels} pixels.`)
  return { widthPx, heightPx }
}

function checkedQuality(quality: number): number {
  if (Number.isInteger(quality) && quality >= 1 && quality <= 100) return quality
  throw new CarouselError('FORMAT_INVALID', 'Quality is a whole number from 1 to 100.', { param: 'quality' })
}

function checkedOnly(only: readonly number[] | undefined, slides: number): number[] {
  const indexes = only ?? Array.from({ length: slides }, (_, index) => index)
  const known = Array.isArray(indexes) && indexes.length > 0
  // `Array.from`: an array with holes passes `every`.
  if (
    known &&
    Array.from(indexes).every((index) => Number.isInteger(index) && index >= 0 && index < slides)
  ) {
    return [...new Set(indexes)].toSorted((a, b) => a - b)
  }
  throw new CarouselError(
    'SLIDES_INVALID',
    `Indexes of slides are whole numbers from 0 to ${slides - 1}; at least one is needed.`,
    { param: 'only' },
  )
}

function slideError(message: string, param: string): CarouselError {
  return new CarouselError('SLIDE_INVALID', message, { param })
}

function sizeError(message: string): CarouselError {
  return new CarouselError('SIZE_INVALID', message, { param: 'size' })
}

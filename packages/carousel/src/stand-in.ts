import type { CarouselRequest, SlideSize } from './carousel-request.ts'
import type { Frame } from './frame.ts'
import type { RenderedSlide } from './render/rendered-slide.ts'
import type { SlideText } from './slide.ts'

// Stands where layout/ and render/ will: a dark band with as many light bars as the title has words.

export interface PreparedSlides {
  readonly slides: readonly SlideText[]
  readonly size: SlideSize
}

export interface Placement {
  readonly topPx: number
  readonly heightPx: number
}

export function prepareSlides(
  asked: { slides: readonly SlideText[]; size: SlideSize } & Pick<CarouselRequest, 'theme' | 'brand'>,
  _fonts: unknown,
): PreparedSlides {
  return { slides: asked.slides, size: asked.size }
}

export function placeSlides(frame: Frame, _prepared: PreparedSlides): Placement {
  const heightPx = Math.floor(frame.heightPx / 3)
  return { topPx: frame.heightPx - heightPx, heightPx }
}

export function renderSlide(
  frame: Frame,
  prepared: PreparedSlides,
  index: number,
  { topPx, heightPx }: Placement,
): RenderedSlide {
  const data = frame.data.slice()
  const stride = frame.widthPx * 3
  data.fill(24, topPx * stride, (topPx + heightPx) * stride)
  const words = (prepared.slides[index]?.title ?? '').split(/\s+/u)
  const missing = words.includes('MISSING')
  if (words.includes('THROW')) throw new Error('this slide cannot be rendered')
  words.forEach((word, at) => {
    const bar = topPx + 40 + (at % 6) * 50
    for (let row = bar; row < bar + 24; row += 1) {
      data.fill(230, row * stride + 180, row * stride + 180 + Math.min(word.length * 60, stride - 360))
    }
  })
  return {
    data,
    widthPx: frame.widthPx,
    heightPx: frame.heightPx,
    touchedRows: [{ topPx, heightPx }],
    fit: {
      fits: true,
      fontSizePx: 24,
      lines: words.length,
      truncated: false,
      missingGlyphs: missing ? ['\u{10ffff}'] : [],
      contrastRatio: 14,
      region: { leftPx: 0, topPx, widthPx: frame.widthPx, heightPx },
    },
  }
}

import type { Image } from '@napi-rs/canvas'
import { CarouselError } from '../carousel-error.ts'
import type { SlideSize } from '../carousel-request.ts'
import { parseColor } from '../color.ts'
import type { Rgb } from '../color.ts'
import type { RectPx, SlideText } from '../slide.ts'
import type { Fonts } from '../text/fonts.ts'
import type { Brand } from './brand.ts'
import { withBrandFonts } from './brand-fonts.ts'
import { isMirrored } from './direction.ts'
import { composeFoot } from './foot.ts'
import type { Foot } from './foot.ts'
import { loadLogo } from './logo.ts'
import type { Part } from './part.ts'
import { setParts } from './set-parts.ts'
import { slideGeometry } from './slide-geometry.ts'
import type { SlideGeometry } from './slide-geometry.ts'
import { themeOf } from './themes.ts'
import type { Theme } from './theme.ts'

/** What is prepared of a carousel before its photograph is there. */
export interface PrepareSlidesOptions {
  readonly slides: readonly SlideText[]
  readonly size: SlideSize
  readonly theme: string | Theme | undefined
  readonly brand: Brand | undefined
}

/** A carousel in one size, ready for a frame. */
export interface PreparedSlides {
  readonly geometry: SlideGeometry
  readonly theme: Theme
  readonly slides: readonly SlideText[]
  readonly brandColor: Rgb | undefined
  readonly fonts: Fonts
  /** Whether there is anything in the row at the foot. */
  readonly hasFoot: boolean
  /** Whether a slide reads from right to left. */
  isMirrored(index: number): boolean
  /** The parts of a slide, set into a zone; set once a slide and size of zone. */
  partsOf(index: number, zone: Pick<RectPx, 'widthPx' | 'heightPx'>): readonly Part[]
  footOf(index: number, widthPx: number): Foot
}

/**
 * Resolves the design of a carousel and decodes its logo: needs no photograph, so it runs while the bytes travel.
 * @throws CarouselError `THEME_UNKNOWN`, `BRAND_INVALID`, `FONT_INVALID`
 */
export async function prepareSlides(options: PrepareSlidesOptions, fonts: Fonts): Promise<PreparedSlides> {
  const { slides, brand = {} } = options
  const geometry = slideGeometry(options.size)
  const theme = withBrandFonts(themeOf(options.theme), brand, fonts)
  if (brand.color !== undefined && parseColor(brand.color) === undefined) {
    throw new CarouselError('BRAND_INVALID', 'A brand colour is written as #rrggbb.', {
      param: 'brand.color',
    })
  }
  const logo = brand.logo === undefined ? undefined : await loadLogo(brand.logo, geometry.unitPx)
  return createPrepared({ slides, geometry, theme, brand, logo, fonts })
}

interface Design {
  slides: readonly SlideText[]
  geometry: SlideGeometry
  theme: Theme
  brand: Brand
  logo: Image | undefined
  fonts: Fonts
}

function createPrepared({ slides, geometry, theme, brand, logo, fonts }: Design): PreparedSlides {
  const { unitPx } = geometry
  const hasPageMark = brand.pageMark ?? true
  const hasCue = brand.swipeCue ?? true
  const handle = brand.handle?.trim() === '' ? undefined : brand.handle
  const set = new Map<string, readonly Part[]>()
  return {
    geometry,
    theme,
    slides,
    brandColor: brand.color === undefined ? undefined : parseColor(brand.color),
    fonts,
    hasFoot: hasPageMark || hasCue || handle !== undefined || logo !== undefined,

    isMirrored: (index) => isMirrored(slideAt(slides, index)),

    partsOf(index, { widthPx, heightPx }) {
      const key = `${index} ${widthPx} ${heightPx}`
      const known = set.get(key)
      if (known !== undefined) return known
      const text = slideAt(slides, index)
      const number = slides.slice(0, index + 1).filter(({ kind }) => kind === 'point').length
      const mirrored = isMirrored(text)
      const input = { text, number, theme, unitPx, widthPx, heightPx, mirrored, handle, fonts }
      const parts = setParts(input)
      set.set(key, parts)
      return parts
    },

    footOf(index, widthPx) {
      const isCall = slideAt(slides, index).kind === 'cta'
      return composeFoot({
        index,
        count: slides.length,
        theme,
        unitPx,
        widthPx,
        handle: isCall ? undefined : handle,
        logo,
        hasPageMark,
        hasCue,
        fonts,
      })
    },
  }
}

function slideAt(slides: readonly SlideText[], index: number): SlideText {
  const slide = slides[index]
  if (slide === undefined) throw new RangeError(`there is no slide ${index}`)
  return slide
}

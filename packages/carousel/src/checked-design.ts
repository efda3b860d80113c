import { CarouselError } from './carousel-error.ts'
import type { CarouselRequest } from './carousel-request.ts'
import { parseColor } from './color.ts'
import type { Brand } from './layout/brand.ts'
import type { Theme } from './layout/theme.ts'
import { themeOf } from './layout/themes.ts'
import { printableText } from './printable-text.ts'

/** How a carousel looks, as far as that can be said without decoding anything. */
export interface CheckedDesign {
  theme: Theme
  brand: Brand
}

/** UTF-16 units: a handle is a word, and stands in one line at the foot. */
const maxHandleLength = 100

/**
 * Theme and brand, checked without reading files: a logo and fonts are looked at when they are used.
 * @throws CarouselError THEME_UNKNOWN, BRAND_INVALID
 */
export function checkedDesign({
  theme,
  brand = {},
}: Pick<CarouselRequest, 'theme' | 'brand'>): CheckedDesign {
  if (typeof brand !== 'object' || brand === null) throw brandError('A brand is an object.', 'brand')
  const { color, handle, logo, fonts, pageMark, swipeCue } = brand
  if (color !== undefined && (typeof color !== 'string' || parseColor(color) === undefined)) {
    throw brandError('A colour is written as #rrggbb.', 'brand.color')
  }
  if (handle !== undefined && typeof handle !== 'string') {
    throw brandError('A handle is a text.', 'brand.handle')
  }
  if (handle !== undefined && handle.length > maxHandleLength) {
    throw brandError(`A handle has at most ${maxHandleLength} characters.`, 'brand.handle')
  }
  for (const [shown, param] of [
    [pageMark, 'brand.pageMark'],
    [swipeCue, 'brand.swipeCue'],
  ] as const) {
    if (shown !== undefined && typeof shown !== 'boolean') throw brandError('This is true or false.', param)
  }
  if (fonts !== undefined && (typeof fonts !== 'object' || fonts === null)) {
    throw brandError('Fonts are given as {title, body}.', 'brand.fonts')
  }
  for (const [bytes, param] of [
    [logo, 'brand.logo'],
    [fonts?.title, 'brand.fonts.title'],
    [fonts?.body, 'brand.fonts.body'],
  ] as const) {
    if (bytes !== undefined && !(bytes instanceof Uint8Array && bytes.length > 0)) {
      throw brandError('This is given as the bytes of a file.', param)
    }
  }
  return { theme: themeOf(theme), brand: { ...brand, handle: printableText(oneLine(handle ?? '')) } }
}

/** A handle has one line at the foot: a line break in it would leave room for the first word alone. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/gu, ' ')
}

function brandError(message: string, param: string): CarouselError {
  return new CarouselError('BRAND_INVALID', message, { param })
}

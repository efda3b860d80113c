import { CarouselError } from '../carousel-error.ts'
import type { Fonts } from '../text/fonts.ts'
import type { Brand } from './brand.ts'
import type { Theme, ThemeText } from './theme.ts'

/**
 * A theme with the fonts of a brand, which draw before its own.
 * @throws CarouselError FONT_INVALID
 */
export function withBrandFonts(theme: Theme, brand: Brand, fonts: Fonts): Theme {
  const behind = (text: ThemeText, part: 'title' | 'body'): ThemeText => {
    const font = brand.fonts?.[part]
    return font === undefined
      ? text
      : { ...text, family: addedFont(fonts, font, text.family, `brand.fonts.${part}`) }
  }
  return {
    ...theme,
    title: behind(theme.title, 'title'),
    body: behind(theme.body, 'body'),
    label: behind(theme.label, 'body'),
  }
}

/** Of two fonts, the one at fault is named. */
function addedFont(fonts: Fonts, font: Uint8Array, family: string, param: string): string {
  try {
    return fonts.add(font, family)
  } catch (error) {
    if (!(error instanceof CarouselError)) throw error
    throw new CarouselError(error.code, error.message, { param, cause: error })
  }
}

import { CarouselError } from '../carousel-error.ts'
import type { Theme } from './theme.ts'
import { editorial } from './themes/editorial.ts'
import { poster } from './themes/poster.ts'
import { quiet } from './themes/quiet.ts'

/** Those that come with the package; the first is the default. */
export const themes: readonly Theme[] = [editorial, poster, quiet]

/**
 * A theme by its name, or the one given.
 * @throws CarouselError `THEME_UNKNOWN`
 */
export function themeOf(theme: string | Theme | undefined): Theme {
  if (theme === undefined) return editorial
  if (typeof theme !== 'string') return theme
  const found = themes.find(({ name }) => name === theme)
  if (found !== undefined) return found
  const names = themes.map(({ name }) => `"${name}"`).join(', ')
  throw new CarouselError('THEME_UNKNOWN', `There is no such theme. Themes are ${names}.`, { param: 'theme' })
}

import { CarouselError } from '../carousel-error.ts'
import { contrastOf, luminanceOf, parseColor } from '../color.ts'
import type { Theme, ThemePalette } from './theme.ts'
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
  if (typeof theme !== 'string') return checkedTheme(theme)
  const found = themes.find(({ name }) => name === theme)
  if (found !== undefined) return found
  const names = themes.map(({ name }) => `"${name}"`).join(', ')
  throw new CarouselError('THEME_UNKNOWN', `There is no such theme. Themes are ${names}.`, { param: 'theme' })
}

/** Text of any theme reaches 4.5:1 over its own scrim, with something left for what is under it. */
const leastInkContrast = 7

/**
 * A theme of a user's, where its colours can do what is asked of them.
 * @throws CarouselError `THEME_UNKNOWN`
 */
function checkedTheme(theme: Theme): Theme {
  if (typeof theme !== 'object' || theme === null) throw themeError('theme', 'is a name or a theme')
  for (const tone of ['dark', 'light'] as const) {
    const { ink, softInk, scrim } = Object.fromEntries(
      (['ink', 'softInk', 'accent', 'scrim'] as const satisfies readonly (keyof ThemePalette)[]).map(
        (name) => {
          const color = parseColor(String((theme[tone] as ThemePalette | undefined)?.[name]))
          if (color === undefined) throw themeError(`theme.${tone}.${name}`, 'is a colour as #rrggbb')
          return [name, luminanceOf(color)]
        },
      ),
    ) as Record<keyof ThemePalette, number>
    for (const [name, luminance] of Object.entries({ ink, softInk })) {
      if (contrastOf(luminance, scrim) < leastInkContrast) {
        throw themeError(`theme.${tone}.${name}`, `contrasts with the scrim by ${leastInkContrast}:1 or more`)
      }
    }
  }
  return theme
}

function themeError(param: string, rule: string): CarouselError {
  return new CarouselError('THEME_UNKNOWN', `${param} ${rule}.`, { param })
}

import { effect, signal } from '@preact/signals'

/** `system` follows the reader's setting of the whole machine. */
export type Theme = 'system' | 'light' | 'dark'

const name = 'darkroom-theme'
const dark = matchMedia('(prefers-color-scheme: dark)')

export const theme = signal<Theme>(kept())

/** Rises when the colours have changed: what is drawn on a canvas is drawn again. */
export const colours = signal(0)

export function setTheme(next: Theme): void {
  try {
    localStorage.setItem(name, next)
  } catch {
    // Storage is switched off: it holds until the page is left.
  }
  theme.value = next
}

function kept(): Theme {
  try {
    const found = localStorage.getItem(name)
    return found === 'light' || found === 'dark' ? found : 'system'
  } catch {
    return 'system'
  }
}

effect(() => {
  const { dataset } = document.documentElement
  if (theme.value === 'system') delete dataset['theme']
  else dataset['theme'] = theme.value
  colours.value = colours.peek() + 1
})
dark.addEventListener('change', () => (colours.value += 1))

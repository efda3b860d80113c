import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

/**
 * Runs before the first paint: who has chosen dark on a light machine sees no light page first. As `theme.ts` keeps
 * it; a file of its own, since the content security policy allows no inline script.
 */
const source = `try {
  const chosen = localStorage.getItem('darkroom-theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {}
`

/** Adds it to the head of the page, before the styles. */
export function firstTheme(): Plugin {
  const hash = createHash('sha256').update(source).digest('base64url').slice(0, 8)
  const fileName = `assets/first-theme-${hash}.js`
  return {
    name: 'first-theme',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName, source })
    },
    transformIndexHtml: () => [
      { tag: 'script', attrs: { src: `/dashboard/${fileName}` }, injectTo: 'head-prepend' },
    ],
  }
}

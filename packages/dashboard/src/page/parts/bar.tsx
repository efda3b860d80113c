import type { VNode } from 'preact'
import { connection } from '../api/connection.ts'
import { about, key, setKey } from '../api/session.ts'
import type { View } from '../route.ts'
import { goTo, paths, view } from '../route.ts'
import type { Theme } from '../theme.ts'
import { setTheme, theme } from '../theme.ts'

const links: readonly { name: View; text: string }[] = [
  { name: 'dashboard', text: 'Dashboard' },
  { name: 'playground', text: 'Playground' },
  { name: 'reference', text: 'API' },
]

/** The top of every view: the name, the three views, whether the page is live, colours and the key. */
export function Bar(): VNode {
  return (
    <header class="bar">
      <a class="brand" href="/">
        <BrandMark />
        Darkroom
      </a>
      <nav aria-label="Views">
        {links.map(({ name, text }) => (
          <a
            key={name}
            href={paths[name]}
            aria-current={view.value === name ? 'page' : undefined}
            onClick={(event) => follow(event, name)}
          >
            {text}
          </a>
        ))}
      </nav>
      <div class="bar-end">
        <LiveMark />
        {about.value?.access === 'on' && key.value !== null && (
          <button type="button" class="button small quiet-button" onClick={() => setKey(null)}>
            Forget key
          </button>
        )}
        <ThemeSwitch />
      </div>
    </header>
  )
}

/** As a link does, unless the reader wants a new tab. */
function follow(event: MouseEvent, name: View): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return
  event.preventDefault()
  goTo(name)
}

function LiveMark(): VNode {
  const { state } = connection.value
  const text = state === 'live' ? 'Live' : state === 'away' ? 'Away' : 'Connecting'
  return (
    <span class={`live ${state}`}>
      <span class="live-dot" aria-hidden="true" />
      {text}
    </span>
  )
}

const themes: readonly { value: Theme; text: string }[] = [
  { value: 'system', text: 'Auto' },
  { value: 'light', text: 'Light' },
  { value: 'dark', text: 'Dark' },
]

function ThemeSwitch(): VNode {
  return (
    <label class="theme">
      <span class="hidden">Colours</span>
      <select value={theme.value} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
        {themes.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

function BrandMark(): VNode {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#1d1512" />
      <circle cx="16" cy="13" r="6" fill="#e8573c" />
      <path d="M3 24c5-5 8-5 13 0s8 5 13 0v5H3z" fill="#f3e6d3" />
    </svg>
  )
}

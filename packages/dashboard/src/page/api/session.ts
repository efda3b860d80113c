import { signal } from '@preact/signals'
import type { About } from './shapes.ts'

const keyName = 'darkroom-key'

/** The API key of this tab; it is sent to this server and nowhere else. */
export const key = signal<string | null>(readKey())

/** Why the page asks for a key; `undefined`: it need not. */
export const keyWanted = signal<'missing' | 'refused' | undefined>(undefined)

/** What the server says of itself, once it has. */
export const about = signal<About | undefined>(undefined)

/** Whether the figures of the whole platform may be read: a key without the right `admin` may not. */
export const mayReadFigures = signal(true)

/** Keeps a key until the tab is closed; `null` forgets it. */
export function setKey(value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(keyName)
    else sessionStorage.setItem(keyName, value)
  } catch {
    // Storage is switched off: the key lives as long as this page does.
  }
  key.value = value
  keyWanted.value = value === null && about.value?.access === 'on' ? 'missing' : undefined
  mayReadFigures.value = true
}

function readKey(): string | null {
  try {
    return sessionStorage.getItem(keyName)
  } catch {
    return null
  }
}

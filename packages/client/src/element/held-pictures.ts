import { isWebkit } from '../engine.ts'
import { fetchPicture } from './fetch-picture.ts'

/**
 * Which addresses this browser most likely has in its HTTP cache. The cache itself cannot be asked from everywhere;
 * it holds the bytes, bounded by the browser, and this is a list of names, bounded here.
 */
export interface HeldPictures {
  has(url: string): Promise<boolean>
  add(url: string): void
}

const storageName = 'darkroom-img'
const maxUrls = 300

export function createHeldPictures(): HeldPictures {
  // Of this page: these are in the browser's memory, whatever the cache says.
  const shown = new Set<string>()
  const known = read()
  let timer: ReturnType<typeof setTimeout> | undefined
  const write = (): void => {
    timer = undefined
    try {
      localStorage.setItem(storageName, JSON.stringify([...known].slice(-maxUrls)))
    } catch {
      // No storage, or none left: then nothing is known on the next page.
    }
  }
  return {
    async has(url) {
      if (shown.has(url)) return true
      if (!known.has(url)) return false
      if (await isCached(url)) return true
      known.delete(url)
      return false
    },
    add(url) {
      shown.add(url)
      // Stored pictures never change; what others have at their addresses may not be kept at all.
      if (!isStored(url)) return
      known.delete(url)
      known.add(url)
      timer ??= setTimeout(write, 500)
    },
  }
}

function isStored(url: string): boolean {
  return /\/images\/[^/]+$/u.test(new URL(url).pathname)
}

/**
 * Only one's own origin answers, and in WebKit it asks the server. Elsewhere the list is believed, and at worst a wider
 * rung is fetched.
 */
async function isCached(url: string): Promise<boolean> {
  if (isWebkit || new URL(url).origin !== location.origin) return true
  try {
    const response = await fetchPicture(url, { cache: 'only-if-cached', mode: 'same-origin' })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

function read(): Set<string> {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(storageName) ?? '[]')
    return new Set(Array.isArray(list) ? list.filter((url) => typeof url === 'string') : [])
  } catch {
    return new Set()
  }
}

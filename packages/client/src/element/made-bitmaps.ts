import type { Resizer } from '../resize/resizer.ts'
import { isChromium, isWebkit } from '../engine.ts'
import { fetchPicture } from './fetch-picture.ts'

/** A picture in one size. */
export interface MadeSize {
  /** It belongs to the page, and may be closed later: draw it at once. */
  bitmap: ImageBitmap
  /** What making it took in its worker. */
  durationMs: number
}

/** Sizes made in this page: each once, however many elements show it. */
export interface MadeBitmaps {
  /**
   * A picture at a width.
   * @param image shows it
   * @throws ResizeError, TypeError where it cannot be fetched
   */
  get(url: string, widthPx: number, image: HTMLImageElement): Promise<MadeSize>
}

/** Some twelve pictures of a large phone. Canvases have copies. */
const maxBytes = 32 * 2 ** 20
/** Files that sizes are made of, while several are. */
const maxFiles = 4

export function createMadeBitmaps(resizer: () => Resizer): MadeBitmaps {
  const bitmaps = new Map<string, Promise<MadeSize>>()
  const sizes = new Map<string, number>()
  const files = new Map<string, Promise<Blob>>()
  let bytes = 0

  const fileOf = async (url: string): Promise<Blob> => {
    const known = files.get(url)
    if (known !== undefined) return await known
    // The image of the page has it in the cache by now; where it may not be kept this is one more request.
    const asked = fetchPicture(url, { cache: 'force-cache' }).then(async (response) => {
      if (!response.ok) throw new TypeError(`${url} was answered with ${response.status}.`)
      return await response.blob()
    })
    files.set(url, asked)
    asked.catch(() => files.delete(url))
    for (const oldest of [...files.keys()].slice(0, -maxFiles)) files.delete(oldest)
    return await asked
  }
  const make = async (
    key: string,
    url: string,
    widthPx: number,
    image: HTMLImageElement,
  ): Promise<MadeSize> => {
    const isFile = cacheAnswers(url)
    const made = await resizer().resize(isFile ? await fileOf(url) : await createImageBitmap(image), {
      widthPx,
      light: 'srgb',
      sourceKey: isFile ? url : undefined,
    })
    const size = made.widthPx * made.heightPx * 4
    sizes.set(key, size)
    bytes += size
    for (const [oldest, oldSize] of sizes) {
      if (bytes <= maxBytes || oldest === key) break
      bytes -= oldSize
      sizes.delete(oldest)
      void bitmaps.get(oldest)?.then(({ bitmap }) => bitmap.close())
      bitmaps.delete(oldest)
    }
    return made
  }
  return {
    async get(url, widthPx, image) {
      const key = `${widthPx} ${url}`
      const known = bitmaps.get(key)
      if (known !== undefined) return await known
      const making = make(key, url, widthPx, image)
      bitmaps.set(key, making)
      making.catch(() => bitmaps.delete(key))
      return await making
    },
  }
}

/**
 * Whether what an image has loaded is answered from the cache when it is fetched. Not in WebKit, whose images ask for
 * formats in a way that scripts cannot know; and not in Firefox of another origin, where images and scripts have caches
 * of their own. Then sizes are made of the image itself, which `crossorigin` allows; nothing is fetched twice.
 */
function cacheAnswers(url: string): boolean {
  return isChromium || (!isWebkit && new URL(url).origin === location.origin)
}

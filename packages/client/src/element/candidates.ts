import { rungsOf, withWidth } from '@darkroom/picture/rungs'

/** One address of a picture and how wide the answer is. */
export interface Candidate {
  url: string
  widthPx: number
}

/** Reads `srcset` with widths, narrowest first. Other descriptors are left out. */
function parseSrcset(srcset: string): Candidate[] {
  const found = srcset.matchAll(/(?<url>\S+)\s+(?<width>\d+)w/gu)
  return Array.from(found, ({ groups }) => ({
    url: absolute((groups?.['url'] ?? '').replace(/^,+/u, '')),
    widthPx: Number(groups?.['width']),
  })).toSorted((a, b) => a.widthPx - b.widthPx)
}

/**
 * What can be had of an address: the rungs of `/images/{id}`; the address alone where it is signed, since its
 * signature covers the width, and for prompts, whose size is part of what is made.
 */
function candidatesOf(src: string): Candidate[] {
  const url = absolute(src)
  const { pathname, searchParams } = new URL(url)
  const isFixed = searchParams.has('sig') || searchParams.has('w') || searchParams.has('h')
  if (/\/images\/[^/]+$/u.test(pathname) && !isFixed) {
    return rungsOf().map((widthPx) => ({ url: withWidth(url, widthPx), widthPx }))
  }
  const width = searchParams.get('w') ?? searchParams.get('size')?.split('x')[0]
  return [{ url, widthPx: Number(width ?? 0) || Infinity }]
}

/** One text for all sizes of a picture, whoever signed them. */
export function pictureKeyOf(url: string): string {
  const parsed = new URL(url)
  for (const name of ['w', 'sig', 'exp', 'placeholder']) parsed.searchParams.delete(name)
  parsed.searchParams.sort()
  return parsed.href
}

export function isLive(url: string): boolean {
  return /\/live\/[^/]+$/u.test(new URL(url).pathname)
}

/**
 * What an element shows, by its attributes and the image that the page gave it.
 * @param given that image, while its own sources stand
 * @returns nothing where nothing is said
 */
export function candidatesFor(host: Element, given: HTMLImageElement | undefined): Candidate[] {
  if (given !== undefined && given.srcset !== '') return parseSrcset(given.srcset)
  const src = host.getAttribute('src') ?? given?.src ?? promptUrl(host)
  if (src === undefined || src === '') return []
  const url = new URL(absolute(src))
  // A signature covers this parameter too: then whoever signed has chosen.
  const asksForPlaceholder = host.getAttribute('placeholder') === '' && given === undefined
  if (asksForPlaceholder && isLive(url.href) && !url.searchParams.has('sig'))
    url.searchParams.set('placeholder', '1')
  return candidatesOf(url.href)
}

/** The address of a prompt in a scope that is open, as `GET /live/{scope}` reads it. */
function promptUrl(host: Element): string | undefined {
  const scope = host.getAttribute('scope')
  if (scope === null || !host.hasAttribute('prompt')) return undefined
  const [width, height] = [host.getAttribute('width'), host.getAttribute('height')]
  const parameters = new URLSearchParams()
  if (width !== null && height !== null) parameters.set('size', `${width}x${height}`)
  for (const name of ['prompt', 'size', 'seed', 'model']) {
    const value = host.getAttribute(name)
    if (value !== null) parameters.set(name, value)
  }
  const server = (host.getAttribute('server') ?? '').replace(/\/$/u, '')
  return absolute(`${server}/live/${encodeURIComponent(scope)}?${parameters}`)
}

function absolute(url: string): string {
  return new URL(url, document.baseURI).href
}

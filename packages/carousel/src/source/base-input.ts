import { fileURLToPath } from 'node:url'
import { CarouselError } from '../carousel-error.ts'
import type { BaseInput } from '../carousel-request.ts'

/** A base by what has to be done to get its bytes. */
export type BaseOrigin =
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'path'; path: string }
  | { kind: 'url'; url: string }

/** A scheme with its slashes, or `data:`: what nobody means as a path. */
const looksLikeUrl = /^(?:[a-z][a-z\d+.-]*:\/\/|data:)/iu

/**
 * Says what a base is; asks nothing of anybody. A string with `http://` or `https://` is a URL, one without any
 * scheme a path. `file:` is understood in a `URL` object alone, which programs write and users do not.
 * @throws CarouselError BASE_INVALID
 */
export function originOf(base: BaseInput): BaseOrigin {
  if (base instanceof Uint8Array) {
    if (base.length === 0) throw invalid('The base has no bytes.')
    return { kind: 'bytes', bytes: base }
  }
  if (base instanceof URL) {
    if (base.protocol === 'file:') return { kind: 'path', path: pathOf(base) }
    return { kind: 'url', url: httpOnly(base.href) }
  }
  if (typeof base !== 'string') throw invalid('The base is a URL, a path, or the bytes of a picture.')
  if (looksLikeUrl.test(base)) return { kind: 'url', url: httpOnly(base) }
  if (base === '' || base.includes('\0')) throw invalid('The base is no path and no URL.')
  return { kind: 'path', path: base }
}

function httpOnly(url: string): string {
  if (/^https?:/iu.test(url)) return url
  throw invalid('A base URL starts with http:// or https://.')
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new CarouselError('BASE_INVALID', 'This file: URL names no path here.', { param: 'base', cause })
  }
}

function invalid(message: string): CarouselError {
  return new CarouselError('BASE_INVALID', message, { param: 'base' })
}

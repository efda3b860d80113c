import { createHmac, timingSafeEqual } from 'node:crypto'
import type { KeyToken } from './key-token.ts'

/** The parameters that carry a signature, and are no part of what is asked for. */
export const signatureParameters: readonly string[] = ['exp', 'sig']

/** `sig`: the id of the signing key, a dot, and the MAC as base64url. */
const signatureForm = /^([a-z2-7]{12})\.([A-Za-z0-9_-]{43})$/u
/** Unix seconds, up to the year 2286. */
const expiryForm = /^[1-9]\d{0,9}$/u

/**
 * What is signed: the path, `?`, and every parameter but `sig`, name and value percent-encoded (RFC 3986: all but
 * letters, digits and `-._~`) and sorted by name. Order, `+` or `%20` and the host make no difference; what is asked
 * for, the scope in the path and `exp` do.
 */
export function canonicalUrl(url: URL): string {
  const pairs = [...url.searchParams]
    .filter(([name]) => name !== 'sig')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `${url.pathname}?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`
}

/** RFC 3986's unreserved characters stay; `encodeURIComponent` spares five more. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/gu,
    (character) => `%${character.codePointAt(0)?.toString(16).toUpperCase()}`,
  )
}

/** The MAC of a URL under a signing key's secret: HMAC-SHA256, base64url without padding. */
export function macOf(url: URL, secret: string): string {
  return createHmac('sha256', secret).update(canonicalUrl(url)).digest('base64url')
}

/**
 * Signs a URL of `/live` or `/images`.
 * @param expiresAtS Unix seconds
 * @returns path and query, or the whole URL where it was absolute
 * @example
 * signUrl('/live/shop?prompt=a+red+fox', parseToken(process.env.DARKROOM_SIGNING_KEY), Date.now() / 1000 + 3600)
 */
export function signUrl(text: string, key: Pick<KeyToken, 'id' | 'secret'>, expiresAtS: number): string {
  const base = 'http://relative.invalid'
  const url = new URL(text, base)
  for (const name of signatureParameters) url.searchParams.delete(name)
  url.searchParams.set('exp', String(Math.floor(expiresAtS)))
  url.hash = ''
  const [path, query] = canonicalUrl(url).split('?')
  const signed = `${path}?${query}&sig=${key.id}.${macOf(url, key.secret)}`
  return url.origin === base ? signed : url.origin + signed
}

/** The signature of a URL, read but not checked. */
export interface UrlSignature {
  keyId: string
  mac: string
  expiresAtS: number
}

/** Why a URL carries no signature that could be checked. */
export interface SignatureFault {
  param: 'sig' | 'exp'
  message: string
}

/** `undefined`: the URL is not signed. A signature in part is a fault: ignoring it would protect nothing. */
export function readSignature(url: URL): UrlSignature | SignatureFault | undefined {
  const sig = url.searchParams.getAll('sig')
  const exp = url.searchParams.getAll('exp')
  if (sig.length === 0 && exp.length === 0) return undefined
  if (sig.length === 0) return { param: 'exp', message: 'exp is part of a signature, and sig is missing.' }
  const [, keyId, mac] = sig.length === 1 ? (signatureForm.exec(sig[0] ?? '') ?? []) : []
  if (keyId === undefined || mac === undefined) {
    return {
      param: 'sig',
      message: 'sig must be given once, as key id, a dot and 43 characters of base64url.',
    }
  }
  const [expiry] = exp
  if (exp.length !== 1 || expiry === undefined || !expiryForm.test(expiry)) {
    return { param: 'exp', message: 'A signed URL needs exp once: when it ends, in Unix seconds.' }
  }
  return { keyId, mac, expiresAtS: Number(expiry) }
}

/** Compares the text of the MAC, so that another spelling of the same bytes is no second valid signature. */
export function isSignedBy(url: URL, signature: UrlSignature, secret: string): boolean {
  return timingSafeEqual(Buffer.from(macOf(url, secret)), Buffer.from(signature.mac))
}

import { createHmac } from 'node:crypto'

export interface SignUrlOptions {
  /** A signing key as `darkroom keys create --signing` shows it once: `dks_<id>_<secret>`. It stays on your server. */
  key: string
  /** When the URL ends. */
  expiresAt: Date
}

/**
 * Signs a URL of `/live` or `/images`: whoever has it sees its picture, and has it made once, until it ends. Node
 * only: a secret in a page is none. `docs/signed-urls.md` says what is signed.
 * @param url absolute, or a path with its query
 * @returns the same kind of URL
 * @throws TypeError for a key that is no signing key, or a date that is none
 */
export function signUrl(url: string, { key, expiresAt }: SignUrlOptions): string {
  const [, id, secret] = /^dks_([a-z2-7]{12})_([A-Za-z0-9_-]{43})$/u.exec(key) ?? []
  if (id === undefined || secret === undefined) {
    throw new TypeError(
      'This is no signing key: one begins with dks_. Make one with darkroom keys create --signing.',
    )
  }
  const expiresAtS = Math.floor(expiresAt.getTime() / 1000)
  if (!Number.isSafeInteger(expiresAtS)) throw new TypeError('expiresAt must be a date.')
  const relative = 'http://relative.invalid'
  const parsed = new URL(url, relative)
  const parameters = [...parsed.searchParams].filter(([name]) => name !== 'sig' && name !== 'exp')
  const query = [...parameters, ['exp', String(expiresAtS)] as const]
    .map(([name, value]) => [escaped(name), escaped(value)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const text = `${parsed.pathname}?${query}`
  const mac = createHmac('sha256', secret).update(text).digest('base64url')
  const origin = parsed.origin === relative ? '' : parsed.origin
  return `${origin}${text}&sig=${id}.${mac}`
}

/** All but RFC 3986's unreserved characters; `encodeURIComponent` spares five more. */
function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { canonicalUrl, isSignedBy, readSignature, signUrl } from './url-signature.ts'

/** The vectors that docs/signed-urls.md prints, and every recipe there must make. */
const id = 'abcdefghijkl'
const secret = 'c2VjcmV0LW9mLXRoZS10ZXN0LXZlY3RvcnMtMTIzNDU'
const expiresAtS = 4_000_000_000
const page = readFileSync(new URL('../../../../docs/signed-urls.md', import.meta.url), 'utf8')
const vectors = [...page.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|$/gmu)].map(
  ([, from = '', to = '']) => [from.replaceAll('\\|', '|'), to.replaceAll('\\|', '|')] as const,
)

function signed(path: string): URL {
  return new URL(signUrl(path, { id, secret }, expiresAtS), 'http://127.0.0.1')
}

/** Whether a URL would be let in, its expiry apart. */
function isValid(url: URL, withSecret = secret): boolean {
  const read = readSignature(url)
  return read !== undefined && !('param' in read) && read.keyId === id && isSignedBy(url, read, withSecret)
}

describe('the vectors of the documentation', () => {
  test('are there', () => expect(vectors.length).toBeGreaterThanOrEqual(5))

  test.each(vectors)('%s', (url, expected) => {
    expect(signUrl(url, { id, secret }, expiresAtS)).toBe(expected)
    expect(isValid(new URL(expected, 'http://127.0.0.1'))).toBe(true)
  })
})

/** The recipes as they stand in the documentation, run as they are. */
function recipe(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'u').exec(page) ?? []
  if (code === undefined) throw new Error(`docs/signed-urls.md has no recipe in ${language}`)
  return code
}

function has(command: string): boolean {
  return spawnSync(command, ['version'], { stdio: 'ignore' }).error === undefined
}

const plain = vectors.find(([url]) => url.startsWith('/live/shop?'))

describe('the recipes of the documentation make the same URL', () => {
  test.skipIf(!has('python3'))('Python', () => {
    const program = `${recipe('python')}
import json
for path, params, exp in json.loads(${JSON.stringify(JSON.stringify(vectors.map(([url]) => askOf(url))))}):
    print(sign(path, params, '${id}', '${secret}', exp))
`
    const printed = execFileSync('python3', ['-c', program], { encoding: 'utf8' }).trim().split('\n')
    expect(printed).toEqual(vectors.map(([, expected]) => expected.replace(/^https?:\/\/[^/]+/u, '')))
  })

  test.skipIf(!has('openssl') || !has('bash'))('a shell with openssl', () => {
    const [, expected = ''] = plain ?? []
    const text = expected.slice(0, expected.lastIndexOf('&sig='))
    const program = `kid='${id}' secret='${secret}' text='${text}'\n${recipe('sh')}`
    expect(execFileSync('bash', ['-c', program], { encoding: 'utf8' }).trim()).toBe(expected)
  })
})

function askOf(text: string): [string, Record<string, string>, number] {
  const url = new URL(text, 'http://127.0.0.1')
  return [url.pathname, Object.fromEntries(url.searchParams), expiresAtS]
}

describe('what makes no difference', () => {
  const first = signed('/live/shop?prompt=a red fox&size=512x512&seed=7')
  test.each([
    [
      'the order of parameters',
      (url: URL) => void (url.search = url.search.slice(1).split('&').toReversed().join('&')),
    ],
    ['+ for a space', (url: URL) => void (url.search = url.search.replaceAll('%20', '+'))],
    ['lower case escapes', (url: URL) => void (url.search = url.search.replaceAll('%2C', '%2c'))],
    ['a needless escape', (url: URL) => void (url.search = url.search.replace('red', '%72ed'))],
    ['the host', (url: URL) => void (url.host = 'pictures.example')],
    ['the scheme', (url: URL) => void (url.protocol = 'https:')],
  ])('%s', (_, change) => {
    const url = new URL(first)
    change(url)
    expect(isValid(url)).toBe(true)
  })
})

describe('what a signature does not fit', () => {
  const first = signed("/live/shop?prompt=it's+(a)+red!*+fox&size=512x512&seed=7")
  const sig = first.searchParams.get('sig') ?? ''
  const other = sig.endsWith('A') ? 'B' : 'A'
  test.each<[string, (url: URL) => void]>([
    ['another prompt', (url) => url.searchParams.set('prompt', 'a blue fox')],
    ['another size', (url) => url.searchParams.set('size', '1024x1024')],
    ['another scope', (url) => void (url.pathname = '/live/shoq')],
    ['another route', (url) => void (url.pathname = '/images/shop')],
    ['a path with a slash more', (url) => void (url.pathname = '/live/shop/')],
    ['a parameter more', (url) => url.searchParams.set('format', 'png')],
    ['an empty parameter more', (url) => url.searchParams.set('placeholder', '')],
    ['a parameter less', (url) => url.searchParams.delete('seed')],
    ['a doubled parameter', (url) => url.searchParams.append('seed', '7')],
    [
      'a parameter under another name',
      (url) => {
        url.searchParams.delete('seed')
        url.searchParams.set('Seed', '7')
      },
    ],
    ['white space in a value', (url) => url.searchParams.set('seed', '7 ')],
    ['a longer life', (url) => url.searchParams.set('exp', String(expiresAtS + 1))],
    ['no end', (url) => url.searchParams.delete('exp')],
    ['two ends', (url) => url.searchParams.append('exp', '9999999999')],
    ['an end in another notation', (url) => url.searchParams.set('exp', `0${expiresAtS}`)],
    ['an end with a sign', (url) => url.searchParams.set('exp', `+${expiresAtS}`)],
    ['an end with an exponent', (url) => url.searchParams.set('exp', '4e9')],
    ['two signatures', (url) => url.searchParams.append('sig', sig)],
    ['an empty signature', (url) => url.searchParams.set('sig', '')],
    ['another last character', (url) => url.searchParams.set('sig', sig.slice(0, -1) + other)],
    ['another first character', (url) => url.searchParams.set('sig', sig.replace('.', '.x').slice(0, -1))],
    ['padding', (url) => url.searchParams.set('sig', `${sig}=`)],
    ['a signature cut short', (url) => url.searchParams.set('sig', sig.slice(0, -1))],
    ['a signature in capitals', (url) => url.searchParams.set('sig', sig.toUpperCase())],
    ['white space around it', (url) => url.searchParams.set('sig', ` ${sig}`)],
    ['the id of another key', (url) => url.searchParams.set('sig', sig.replace(id, 'abcdefghijkm'))],
    ['no id', (url) => url.searchParams.set('sig', sig.slice(id.length + 1))],
    [
      'the MAC of an empty URL',
      (url) => {
        url.searchParams.set(
          'sig',
          new URL(signUrl('/', { id, secret }, expiresAtS), 'http://a').searchParams.get('sig') ?? '',
        )
      },
    ],
  ])('%s', (_, change) => {
    const url = new URL(first)
    change(url)
    expect(url.href).not.toBe(first.href)
    expect(isValid(url)).toBe(false)
  })

  test('another secret', () => {
    expect(isValid(first)).toBe(true)
    expect(isValid(first, `${secret.slice(0, -1)}V`)).toBe(false)
  })
})

test('names and values cannot be moved into each other', () => {
  const texts = ['/live/a?x=1%262%3D3', '/live/a?x=1&2=3', '/live/a?x=1&2=3&', '/live/a%3Fx=1&2=3'].map(
    (text) => canonicalUrl(new URL(text, 'http://a')),
  )
  expect(new Set(texts).size).toBe(3)
})

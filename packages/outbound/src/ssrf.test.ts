import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outbound } from './outbound.ts'
import { createOutbound } from './outbound.ts'
import { OutboundError, outboundErrorCodes } from './outbound-error.ts'
import { outboundErrorOf } from './testing/outbound-errors.ts'
import { formTricks, ipv4Tricks, ipv6Tricks, nameTricks } from './testing/ssrf-tricks.ts'
import type { TestOrigin } from './testing/test-origin.ts'
import { sendPicture, startOrigin } from './testing/test-origin.ts'

const answers: Readonly<Record<string, readonly string[]>> = {
  'rebind.ssrf-tests.com': ['127.0.0.1'],
  '127.0.0.1.ssrf-tests.com': ['127.0.0.1'],
  'mixed.ssrf-tests.com': ['1.1.1.1', '127.0.0.1'],
  'mapped.ssrf-tests.com': ['::ffff:127.0.0.1'],
  'nat64.ssrf-tests.com': ['64:ff9b::7f00:1'],
  'zone.ssrf-tests.com': ['fe80::1%lo'],
  'metadata.ssrf-tests.com': ['169.254.169.254'],
  'public.ssrf-tests.com': ['1.1.1.1'],
}

/** What nobody must reach. */
let canary: TestOrigin
let outbound: Outbound
const asked: string[] = []

beforeAll(async () => {
  canary = await startOrigin((_request, response) => sendPicture(response))
  outbound = createOutbound({
    resolve: async (host) => {
      asked.push(host)
      return answers[host] ?? []
    },
  })
})
afterAll(async () => {
  expect(canary.connections).toBe(0)
  await outbound.close()
  await canary[Symbol.asyncDispose]()
})

describe.each([
  ['IPv4', ipv4Tricks],
  ['IPv6', ipv6Tricks],
  ['names', nameTricks],
  ['form', formTricks],
])('%s', (_family, tricks) => {
  test.each(tricks)('%j: %s', async (url, _what, code) => {
    const error = await outboundErrorOf(outbound.fetch(url.replaceAll('PORT', String(canary.port))))
    expect(error.code).toBe(code)
    // For users: nothing about where it would have gone.
    expect(error.message).not.toMatch(/\d|localhost|example|ssrf-tests|internal/u)
    expect(canary.connections).toBe(0)
  })

  test.each(tricks)('as a webhook: %j: %s', async (url, _what, code) => {
    const error = await outboundErrorOf(
      outbound.send(url.replaceAll('PORT', String(canary.port)), { body: '{}' }),
    )
    expect(error.code).toBe(code)
  })
})

test('the table has its hundred', () => {
  expect([...ipv4Tricks, ...ipv6Tricks, ...nameTricks, ...formTricks].length).toBeGreaterThan(200)
})

test.each([
  'https://example.com/a.jpg',
  'HTTPS://EXAMPLE.COM',
  'http://example.com:8080/a?b=c#d',
  'https://bücher.de/ä.png',
  'https://example.com./a',
  'http://8.8.8.8/',
  'http://134744072/',
  'https://[2606:4700:4700::1111]/',
  'https://a_b.example.com/',
  'https://example.com/user@host',
  'https://example.com/?url=http://127.0.0.1/',
])('%s may be asked for', (url) => {
  expect(() => outbound.check(url)).not.toThrow()
})

test('an address or a form that is refused is refused without asking DNS', () => {
  const names = new Set(asked)
  expect([...names].every((name) => name.endsWith('.ssrf-tests.com'))).toBe(true)
})

/** Pieces of URLs, well and badly put together. */
const junk = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .webUrl({ withFragments: true, withQueryParameters: true })
    .map((url) => url.replace(/:\/\/[^/]*/u, '://127.0.0.1')),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'http',
          'https',
          '://',
          ':',
          '/',
          '\\',
          '@',
          '[',
          ']',
          '%',
          '.',
          '::1',
          '127.0.0.1',
          '0x7f',
        ),
        fc.constantFrom(
          'localhost',
          '%00',
          '#',
          '?',
          '\n',
          'ﬀ',
          '%EF%BC%91',
          'xn--',
          'a.b',
          ' ',
          ';',
          '0177',
        ),
        fc.ipV4(),
        fc.ipV6(),
        fc.string({ maxLength: 4 }),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
)

test('junk only ever ends in an OutboundError', async () => {
  // Every name is one of loopback: nothing may get through.
  await using door = createOutbound({ resolve: async () => ['127.0.0.1'] })
  await fc.assert(
    fc.asyncProperty(junk, fc.boolean(), async (text, complete) => {
      const url = complete ? `http://${text}` : text
      // Public addresses would be connected to: only what can be said before.
      const error: unknown = await isPublicLiteral(door, url)
      if (error === undefined) return
      expect(error).toBeInstanceOf(OutboundError)
      expect(outboundErrorCodes).toContain((error as OutboundError).code)
    }),
    { numRuns: 3000 },
  )
})

/** The error of a fetch; `undefined` for a URL of a public address, which is not fetched. */
async function isPublicLiteral(door: Outbound, url: string): Promise<unknown> {
  try {
    door.check(url)
    if (!/[a-z]/iu.test(new URL(url).hostname.replace(/^\[.*\]$/u, ''))) return undefined
  } catch (error) {
    return error
  }
  return door.fetch(url).then(
    () => new Error('fetched'),
    (error: unknown) => error,
  )
}

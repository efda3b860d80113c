import { describe, expect, test } from 'vitest'
import { DarkroomError } from '../errors.ts'
import { createLoopbackAccess } from './loopback-access.ts'

const access = createLoopbackAccess(['https://shop.example'])

/** The code that a check refuses with; `allowed` when it does not. */
function outcome(check: 'check' | 'checkMayGenerate', asked: Request): string {
  try {
    access[check](asked)
  } catch (error) {
    if (error instanceof DarkroomError) return error.code
    throw error
  }
  return 'allowed'
}

function request(
  method: string,
  headers: Record<string, string> = {},
  url = 'http://127.0.0.1:8787/v1/generations',
): Request {
  return new Request(url, { method, headers })
}

describe('the address', () => {
  test.each(['http://127.0.0.1:8787/', 'http://localhost/', 'http://[::1]:1/', 'http://127.9.9.9/'])(
    '%s is this machine',
    (url) => {
      expect(outcome('check', request('GET', {}, url))).toBe('allowed')
    },
  )

  // Names that resolve to 127.0.0.1 are how a page of the web would get in (DNS rebinding).
  test.each([
    'http://rebound.example/',
    'http://127.0.0.1.nip.example/',
    'http://localhost.example/',
    'http://0.0.0.0/',
    'http://192.168.1.5/',
    'http://[::]/',
  ])('%s is not', (url) => {
    expect(outcome('check', request('GET', {}, url))).toBe('forbidden_host')
  })
})

test.each([
  'Forwarded',
  'Via',
  'X-Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Server',
  'X-Original-Forwarded-For',
  'X-Cluster-Client-IP',
  'X-Real-IP',
  'Fastly-Client-IP',
])('a request that came through a proxy (%s) is refused', (name) => {
  expect(outcome('check', request('GET', { [name]: '1.2.3.4' }))).toBe('forwarding_refused')
})

describe('who asks', () => {
  test.each<[string, Record<string, string>, string]>([
    ['a program', {}, 'allowed'],
    ['a page of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 'refused'],
    ['the same in a browser without Fetch Metadata', { origin: 'https://evil.example' }, 'refused'],
    ['its picture tag', { 'sec-fetch-site': 'cross-site', referer: 'https://evil.example/page' }, 'refused'],
    ['a page that hides its address', { 'sec-fetch-site': 'cross-site' }, 'refused'],
    ['a sandboxed page', { origin: 'null' }, 'refused'],
    ['an origin that is none', { origin: 'http://[' }, 'refused'],
    ['our own page', { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:8787' }, 'allowed'],
    [
      'a page on another port here',
      { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:5173' },
      'allowed',
    ],
    [
      'a page here by another name',
      { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:5173' },
      'allowed',
    ],
    ['the address bar', { 'sec-fetch-site': 'none' }, 'allowed'],
    ['a listed page', { 'sec-fetch-site': 'cross-site', origin: 'https://shop.example' }, 'allowed'],
    ['a listed page over http', { 'sec-fetch-site': 'cross-site', origin: 'http://shop.example' }, 'refused'],
    ['a name that begins like a listed one', { origin: 'https://shop.example.evil.example' }, 'refused'],
    ['a name that begins like ours', { origin: 'http://localhost.evil.example' }, 'refused'],
  ])('%s', (_, headers, expected) => {
    const code = expected === 'allowed' ? 'allowed' : 'cross_site_refused'
    expect(outcome('checkMayGenerate', request('GET', headers))).toBe(code)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect(outcome('check', request(method, headers))).toBe(code)
    }
    // Reading causes nothing: a picture may be shown anywhere.
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      expect(outcome('check', request(method, headers))).toBe('allowed')
    }
  })
})

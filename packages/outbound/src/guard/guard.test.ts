import { expect, test } from 'vitest'
import { codeOf } from '../testing/outbound-errors.ts'
import { parseAllowList } from './allow-list.ts'
import { createGuard } from './guard.ts'
import { parseTarget } from './target.ts'

const { signal } = new AbortController()

function guardOf(allow: readonly string[], answers: Readonly<Record<string, readonly string[]>> = {}) {
  return createGuard({
    allow: parseAllowList(allow),
    resolve: async (host) => answers[host] ?? [],
    resolveAllowed: async (host) => [`10.0.0.${host.length}`],
    ownAddresses: () => ['1.1.1.1', '2606:4700::1', 'fe80::1%eth0'],
  })
}

async function addressesOf(guard: ReturnType<typeof guardOf>, url: string): Promise<string[]> {
  return (await guard.addressesOf(parseTarget(url), signal)).map(({ text }) => text)
}

test('public addresses of this machine are refused, unless they are allowed', async () => {
  const answers = { 'self.example.com': ['1.1.1.1'], 'other.example.com': ['1.1.1.2'] }
  const guard = guardOf([], answers)
  expect(await codeOf(addressesOf(guard, 'http://1.1.1.1/'))).toBe('ADDRESS_FORBIDDEN')
  expect(await codeOf(addressesOf(guard, 'http://[2606:4700:0::1]/'))).toBe('ADDRESS_FORBIDDEN')
  expect(await codeOf(addressesOf(guard, 'http://self.example.com/'))).toBe('ADDRESS_FORBIDDEN')
  expect(await addressesOf(guard, 'http://other.example.com/')).toEqual(['1.1.1.2'])
  expect(await addressesOf(guardOf(['1.1.1.1'], answers), 'http://self.example.com/')).toEqual(['1.1.1.1'])
})

test('a listed host may be anything, anywhere, at any port', async () => {
  const guard = guardOf(['minio', '*.corp.internal', 'localhost'])
  expect(await addressesOf(guard, 'http://minio:22/')).toEqual(['10.0.0.5'])
  expect(await addressesOf(guard, 'http://a.corp.internal/')).toEqual(['10.0.0.15'])
  expect(await addressesOf(guard, 'http://localhost/')).toEqual(['10.0.0.9'])
  expect(await codeOf(addressesOf(guard, 'http://corp.internal/'))).toBe('HOST_FORBIDDEN')
  expect(await codeOf(addressesOf(guard, 'http://127.0.0.1/'))).toBe('ADDRESS_FORBIDDEN')
})

test('a listed range opens addresses and what resolves into it, at any port, but no local names', async () => {
  const guard = guardOf(['10.0.0.0/8'], {
    'a.example.com': ['10.1.2.3'],
    'b.example.com': ['10.1.2.3', '8.8.8.8'],
  })
  expect(await addressesOf(guard, 'http://10.1.2.3:22/')).toEqual(['10.1.2.3'])
  expect(await addressesOf(guard, 'http://a.example.com:22/')).toEqual(['10.1.2.3'])
  expect(await addressesOf(guard, 'http://b.example.com/')).toEqual(['10.1.2.3', '8.8.8.8'])
  expect(await codeOf(addressesOf(guard, 'http://b.example.com:22/'))).toBe('URL_PORT')
  expect(await codeOf(addressesOf(guard, 'http://db.internal/'))).toBe('HOST_FORBIDDEN')
  expect(await codeOf(addressesOf(guard, 'http://localhost/'))).toBe('ADDRESS_FORBIDDEN')
})

test('localhost is whichever loopback is listed, and is never asked of DNS', async () => {
  expect(await addressesOf(guardOf(['127.0.0.0/8']), 'http://localhost:22/')).toEqual(['127.0.0.1'])
  expect(await addressesOf(guardOf(['::1']), 'http://a.localhost/')).toEqual(['::1'])
})

test('an answer that is no address is refused', async () => {
  const guard = guardOf([], { 'a.example.com': ['0x7f.1'], 'b.example.com': [] })
  expect(await codeOf(addressesOf(guard, 'http://a.example.com/'))).toBe('ADDRESS_FORBIDDEN')
  expect(await codeOf(addressesOf(guard, 'http://b.example.com/'))).toBe('DNS_FAILED')
})

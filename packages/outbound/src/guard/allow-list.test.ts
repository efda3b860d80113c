import { expect, test } from 'vitest'
import { parseAllowList } from './allow-list.ts'
import { parseAddress } from './ip-address.ts'

const list = parseAllowList([
  '10.0.0.0/8',
  '127.0.0.1',
  'fd00::/8',
  '[::1]',
  'minio',
  '*.corp.internal',
  'BÜCHER.example',
])

test.each([
  ['10.255.0.1', true],
  ['11.0.0.1', false],
  ['127.0.0.1', true],
  ['127.0.0.2', false],
  ['fd12::1', true],
  ['::1', true],
  ['::2', false],
  // An IPv4 range opens no IPv6 notation of it.
  ['::ffff:127.0.0.1', false],
])('address %s: %s', (text, expected) => {
  const address = parseAddress(text)
  expect(address && list.hasAddress(address)).toBe(expected)
})

test.each([
  ['minio', true],
  ['a.minio', false],
  ['xminio', false],
  ['a.b.corp.internal', true],
  ['corp.internal', false],
  ['evilcorp.internal', false],
  ['xn--bcher-kva.example', true],
])('host %s: %s', (host, expected) => {
  expect(list.hasHost(host)).toBe(expected)
})

test('names every entry that is wrong', () => {
  const wrong = [
    '10.0.0.0/33',
    'minio:9000',
    'http://minio',
    '*',
    '',
    '*.',
    'a b',
    '0x7f.1',
    '10.1',
    'a/b',
    '**.a',
  ]
  expect(() => parseAllowList(['minio', ...wrong])).toThrow(RangeError)
  for (const entry of wrong) expect(() => parseAllowList([entry])).toThrow(JSON.stringify(entry))
})

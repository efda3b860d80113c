import fc from 'fast-check'
import { BlockList } from 'node:net'
import { expect, test } from 'vitest'
import { isInRange, parseAddress, parseRange } from './ip-address.ts'
import { specialPurposeOf } from './special-ranges.ts'

test.each([
  ['::', Array.from({ length: 16 }, () => 0)],
  ['1::', [0, 1, ...Array.from({ length: 14 }, () => 0)]],
  ['::ffff:1.2.3.4', [...Array.from({ length: 10 }, () => 0), 255, 255, 1, 2, 3, 4]],
  ['2001:db8::a:b', [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa, 0, 0xb]],
  ['1:2:3:4:5:6:7:8', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ['192.168.1.255', [192, 168, 1, 255]],
])('reads %s', (text, bytes) => {
  expect(parseAddress(text)?.bytes).toEqual(bytes)
})

test.each([
  '',
  '1.2.3',
  '01.2.3.4',
  '0x7f.0.0.1',
  '1.2.3.4.5',
  '1.2.3.256',
  ':::',
  'fe80::1%eth0',
  '[::1]',
  'a.b',
  ' 1.2.3.4',
])('takes %j for no address', (text) => {
  expect(parseAddress(text)).toBeUndefined()
})

test.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129', '10.0.0.0/ 8', '/8', '10/8'])(
  'takes %j for no range',
  (text) => {
    expect(parseRange(text)).toBeUndefined()
  },
)

/** IPv4-mapped addresses are left to the other tests: node takes them for IPv4 ones, we do not. */
const addresses = fc.oneof(
  fc.ipV4(),
  fc.ipV6().filter((text) => !/^(?:0{0,4}:){2,5}:?ffff:/iu.test(text) && !text.includes('.')),
)

test('agrees with node about what is in a range', () => {
  fc.assert(
    fc.property(addresses, addresses, fc.nat(128), (text, base, bits) => {
      const address = parseAddress(text)
      const other = parseAddress(base)
      if (address === undefined || other === undefined) throw new TypeError(`${text} ${base}`)
      const prefixBits = Math.min(bits, other.bytes.length * 8)
      const list = new BlockList()
      list.addSubnet(base, prefixBits, other.family === 4 ? 'ipv4' : 'ipv6')
      const expected =
        address.family === other.family && list.check(text, address.family === 4 ? 'ipv4' : 'ipv6')
      expect(isInRange(address, { ...other, prefixBits })).toBe(expected)
    }),
    { numRuns: 1000 },
  )
})

/** Just outside what is forbidden, on both sides, and hosts that everybody knows. */
test.each([
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '168.63.129.17',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.0.3.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '198.51.99.255',
  '198.51.101.0',
  '203.0.112.255',
  '203.0.114.0',
  '223.255.255.255',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2003::1',
  '2400:cb00::1',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
  '2c0f:fb50:4003::1',
])('%s is public', (text) => {
  const address = parseAddress(text)
  expect(address && specialPurposeOf(address)).toBeUndefined()
  expect(address).toBeDefined()
})

test('nothing of IPv6 outside 2000::/3 is public', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const address = parseAddress(text)
      if (address === undefined) throw new TypeError(text)
      const isGlobal = ((address.bytes[0] ?? 0) & 0xe0) === 0x20
      if (!isGlobal) expect(specialPurposeOf(address)).toBeDefined()
    }),
  )
})

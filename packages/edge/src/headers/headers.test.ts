import { describe, expect, it } from 'vitest'
import { fieldNamesOf, parseCacheControl, parseTargetedCacheControl, secondsOf } from './cache-control.ts'
import { formatCacheStatus } from './cache-status.ts'
import { entityTagsOf, stronglyEqual, weaklyEqual } from './entity-tag.ts'
import { withoutHopByHop } from './header-list.ts'
import { formatHttpDate, parseHttpDate } from './http-date.ts'
import { parseDictionary, serializeString } from './structured-fields.ts'

const nowMs = Date.UTC(2026, 10, 21)

describe('Cache-Control', () => {
  it.each([
    ['max-age=3600', 3600],
    ['max-age=003600', 3600],
    ['MAX-AGE=3600', 3600],
    ['max-age="3600"', 3600],
    [' , ,max-age=1 ,', 1],
    ['public,max-age=1', 1],
    ['max-age=99999999999999999999', 2 ** 31],
    ['max-age=10, max-age=10', 10],
    // Not to be believed: considered stale.
    ['max-age=10, max-age=5', 0],
    ['max-age', 0],
    ['max-age=', 0],
    ['max-age=-1', 0],
    ['max-age=1.5', 0],
    ['max-age=1a', 0],
    ['max-age=a1', 0],
    ["max-age='1'", 0],
    ['max-age =3600', 0],
    ['max-age= 3600', 0],
    ['max-age="3600', 0],
    ['max-age=3600 5', 0],
    // Not there at all.
    ['x="max-age=3600"', undefined],
    ['x="a\\", max-age=3600"', undefined],
    ['maxage=3600', undefined],
    ['', undefined],
  ])('reads max-age of %j as %j', (text, seconds) => {
    expect(secondsOf(parseCacheControl(text), 'max-age')).toBe(seconds)
  })

  it('obeys a restriction wherever it stands, broken lines included', () => {
    for (const text of [
      'no-store',
      'No-Store',
      'x="1, no-store',
      'no-store foo',
      'max-age =1, no-store',
      '=,no-store',
    ]) {
      expect(parseCacheControl(text).has('no-store'), text).toBe(true)
    }
    expect(parseCacheControl('x="no-store"').has('no-store')).toBe(false)
  })

  it('knows an unlimited directive from one that is limited to fields', () => {
    const fields = (text: string) => fieldNamesOf(parseCacheControl(text), 'private')
    expect(fields('private')).toEqual([])
    expect(fields('private="Set-Cookie, X-Two"')).toEqual(['set-cookie', 'x-two'])
    expect(fields('private="a", private')).toEqual([])
    expect(fields('private=""')).toEqual([])
    expect(fields('public')).toBeUndefined()
  })
})

describe('targeted Cache-Control (RFC 9213)', () => {
  it.each([
    ['max-age=60', 60],
    ['max-age=60;x=1, public', 60],
    ['max-age=1, max-age=2', 2],
    // The type is wrong: the directive is ignored, the field is not.
    ['max-age="60"', undefined],
    ['max-age=60.0', undefined],
    ['max-age=-1', undefined],
    ['max-age', undefined],
  ])('reads max-age of %j as %j', (text, seconds) => {
    const directives = parseTargetedCacheControl(text)
    expect(directives).toBeDefined()
    expect(directives && secondsOf(directives, 'max-age')).toBe(seconds)
  })

  it.each([
    undefined,
    '',
    '  ',
    'Max-Age=60',
    'max-age=60,',
    'max-age=60 x',
    '"',
    'a=;',
    'max-age=a b',
    '\u00e4',
  ])('falls back when it is %j', (text) => {
    expect(parseTargetedCacheControl(text)).toBeUndefined()
  })

  it('never weakens a restriction because its value is strange', () => {
    expect(parseTargetedCacheControl('no-store=1')?.has('no-store')).toBe(true)
    expect(parseTargetedCacheControl('no-store=?0')?.has('no-store') ?? false).toBe(false)
  })
})

describe('structured fields', () => {
  it('reads every kind of item', () => {
    const text = 'a=1, b=-2.5, c="x\\"y", d=tok/en, e=:aGk=:, f=?0, g, h=(1 "two";p);q=2, i=@99, j=%"f%c3%bc"'
    const members = parseDictionary(text)
    expect(Object.fromEntries([...(members ?? [])].map(([key, item]) => [key, item.value]))).toEqual({
      a: 1,
      b: -2.5,
      c: 'x"y',
      d: 'tok/en',
      e: ':aGk=:',
      f: false,
      g: true,
      h: [
        { type: 'integer', value: 1 },
        { type: 'string', value: 'two' },
      ],
      i: 99,
      j: 'fü',
    })
  })

  it.each([
    'a=1234567890123456',
    'a=1.2345',
    'a=1.',
    'a="\u00e4"',
    'a="',
    'a=(1',
    'a=(1"x")',
    'a,,b',
    'a b',
    '1=a',
    'a=%"%ff"',
  ])('refuses %j', (text) => {
    expect(parseDictionary(text)).toBeUndefined()
  })

  it('writes a string that it reads again', () => {
    expect(parseDictionary(`k=${serializeString('a"b\\c')}`)?.get('k')?.value).toBe('a"b\\c')
    expect(serializeString('ü')).toBe('"?"')
  })
})

describe('HTTP dates', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sun Nov  6 08:49:37 1994', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Saturday, 21-Nov-70 00:00:00 GMT', Date.UTC(2070, 10, 21)],
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2016, 11, 31, 23, 59, 59)],
    ['0', undefined],
    ['-1', undefined],
    ['Sun, 06 Nov 1994 08:49:37 CET', undefined],
    ['Sun, 06 Nov 1994 08:49:37', undefined],
    ['Sun, 6 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 31 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Foo 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 24:00:00 GMT', undefined],
    ['1994-11-06T08:49:37Z', undefined],
    ['', undefined],
  ])('reads %j', (text, timeMs) => {
    expect(parseHttpDate(text, nowMs)).toBe(timeMs)
  })

  it('reads what it writes', () => {
    expect(parseHttpDate(formatHttpDate(nowMs), nowMs)).toBe(nowMs)
  })
})

describe('small fields', () => {
  it('compares entity tags strongly and weakly', () => {
    expect(entityTagsOf('"a", W/"b" , junk, "c,d"')).toEqual(['"a"', 'W/"b"', '"c,d"'])
    expect(entityTagsOf(' * ')).toEqual(['*'])
    expect(weaklyEqual('W/"a"', '"a"')).toBe(true)
    expect(stronglyEqual('W/"a"', 'W/"a"')).toBe(false)
    expect(stronglyEqual('"a"', '"a"')).toBe(true)
  })

  it('drops what belongs to one connection', () => {
    const kept = withoutHopByHop([
      ['connection', 'close, X-Secret'],
      ['x-secret', '1'],
      ['keep-alive', '1'],
      ['transfer-encoding', 'chunked'],
      ['etag', '"a"'],
    ])
    expect(kept).toEqual([['etag', '"a"']])
  })

  it('writes Cache-Status (RFC 9211)', () => {
    expect(formatCacheStatus('darkroom', { hit: true, ttlS: 3402 })).toBe('darkroom; hit; ttl=3402')
    const forwarded = {
      forward: 'uri-miss',
      forwardStatus: 200,
      stored: true,
      collapsed: true,
      ttlS: 9,
      key: 'a"b',
    } as const
    expect(formatCacheStatus('my cache', forwarded)).toBe(
      '"my cache"; fwd=uri-miss; fwd-status=200; stored; collapsed; ttl=9; key="a\\"b"',
    )
    const long = formatCacheStatus('d', { key: 'x'.repeat(10_000) })
    expect(long).toMatch(/^d; key="sha256-[\w-]{43}"$/)
    expect(parseDictionary(formatCacheStatus('d', { key: 'ü\n"' }))).toBeDefined()
  })
})

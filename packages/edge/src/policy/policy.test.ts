import { describe, expect, it } from 'vitest'
import { formatHttpDate } from '../headers/http-date.ts'
import { startMs } from '../testing/edge-test-kit.ts'
import type { Freshness } from './freshness.ts'
import { ageMsAt, freshnessOf, ttlMsAt, uselessAtMs } from './freshness.ts'
import { conformanceProfile, safeProfile } from './profile.ts'
import { noRequestDirectives, requestDirectivesOf } from './request-directives.ts'
import { responseDirectivesOf } from './response-directives.ts'
import { mayServeOnError, reuseOf } from './reuse.ts'
import { storabilityOf } from './storability.ts'
import { confirms, mergeNotModified } from './validation.ts'
import { varyKeyOf, varyNamesOf } from './vary.ts'

type Fields = Record<string, string>

function received(fields: Fields, status = 200) {
  const headers = Object.entries(fields)
  const directives = responseDirectivesOf(headers)
  return { status, headers, directives, requestTimeMs: startMs, responseTimeMs: startMs }
}

function fresh(fields: Fields, status = 200): Freshness {
  return freshnessOf(received(fields, status), safeProfile)
}

const at = (offsetS: number): string => formatHttpDate(startMs + offsetS * 1000)

describe('freshness', () => {
  const table: [string, Fields, number][] = [
    ['nothing said', {}, 0],
    ['max-age', { 'cache-control': 'max-age=60' }, 60],
    ['s-maxage before max-age', { 'cache-control': 'max-age=60, s-maxage=5' }, 5],
    ['max-age before Expires', { 'cache-control': 'max-age=60', expires: at(5) }, 60],
    ['Expires', { expires: at(100) }, 100],
    ['Expires counted from Date', { expires: at(100), date: at(-50) }, 150],
    ['Expires in the past', { expires: at(-100) }, 0],
    ['Expires: 0', { expires: '0' }, 0],
    [
      'targeted before all',
      { 'cdn-cache-control': 'max-age=7', 'cache-control': 's-maxage=1', expires: at(9) },
      7,
    ],
    ['targeted without a time hides Expires', { 'cdn-cache-control': 'public', expires: at(9) }, 0],
    ['broken targeted falls back', { 'cdn-cache-control': 'max-age=7,', 'cache-control': 'max-age=1' }, 1],
    ['heuristic: a tenth', { 'last-modified': at(-1000) }, 100],
    ['heuristic: at most a day', { 'last-modified': at(-100 * 86_400) }, 86_400],
    ['heuristic: not from the future', { 'last-modified': at(1000) }, 0],
    ['no heuristic beside an explicit time', { 'last-modified': at(-1000), 'cache-control': 'max-age=0' }, 0],
  ]
  it.each(table)('%s', (_name, fields, lifetimeS) => {
    expect(fresh(fields).lifetimeMs).toBe(lifetimeS * 1000)
  })

  it('guesses only for statuses that allow it', () => {
    expect(fresh({ 'last-modified': at(-1000) }, 404).lifetimeMs).toBe(100_000)
    expect(fresh({ 'last-modified': at(-1000) }, 302).lifetimeMs).toBe(0)
    expect(fresh({ 'last-modified': at(-1000), 'cache-control': 'public' }, 302).lifetimeMs).toBe(100_000)
  })

  it.each([
    [{ age: '30' }, 30],
    [{ age: '30, 90' }, 30],
    [{ age: 'abc' }, 0],
    [{ age: '-5' }, 0],
    [{ date: at(-40) }, 40],
    [{ date: at(-40), age: '50' }, 50],
    [{ date: at(40) }, 0],
    [{ date: 'junk', age: '5' }, 5],
  ] as [Fields, number][])('%j arrives %d s old', (fields, ageS) => {
    expect(ageMsAt(fresh(fields), startMs)).toBe(ageS * 1000)
  })

  it('adds the time that the answer took to its Age', () => {
    const slow = freshnessOf({ ...received({ age: '10' }), requestTimeMs: startMs - 3000 }, safeProfile)
    expect(slow.initialAgeMs).toBe(13_000)
  })

  it('does not become younger when the clock is set back', () => {
    const freshness = fresh({ 'cache-control': 'max-age=60', age: '10' })
    expect(ageMsAt(freshness, startMs - 9000)).toBe(10_000)
    // Set back by more, it tells nothing: older than any lifetime.
    expect(ageMsAt(freshness, startMs - 11_000)).toBe(2 ** 31 * 1000)
    expect(ttlMsAt(freshness, startMs - 1e9)).toBeLessThan(0)
    expect(ttlMsAt(freshness, startMs + 20_000)).toBe(30_000)
  })

  it('allows no stale use with must-revalidate, proxy-revalidate, s-maxage or no-cache', () => {
    const windows = 'max-age=1, stale-while-revalidate=10, stale-if-error=20'
    expect(fresh({ 'cache-control': windows })).toMatchObject({
      staleAllowed: true,
      staleWhileRevalidateMs: 10_000,
      staleIfErrorMs: 20_000,
    })
    expect(uselessAtMs(fresh({ 'cache-control': windows }))).toBe(startMs + 21_000)
    for (const forbidden of ['must-revalidate', 'proxy-revalidate', 's-maxage=1', 'no-cache']) {
      expect(fresh({ 'cache-control': `${windows}, ${forbidden}` })).toMatchObject({
        staleAllowed: false,
        staleWhileRevalidateMs: 0,
        staleIfErrorMs: 0,
      })
    }
  })
})

describe('storability', () => {
  const cases: [string, Fields, { status?: number; authorization?: boolean; noStore?: boolean }, string][] = [
    ['fresh', { 'cache-control': 'max-age=1' }, {}, 'stored shared'],
    ['nothing said', {}, {}, '- -'],
    ['stale with a validator', { etag: '"a"' }, {}, 'stored -'],
    ['no-cache with a validator', { etag: '"a"', 'cache-control': 'no-cache, max-age=9' }, {}, 'stored -'],
    ['no-cache limited to a field', { 'cache-control': 'no-cache="x", max-age=9' }, {}, 'stored shared'],
    ['no-store', { 'cache-control': 'no-store, max-age=9' }, {}, '- -'],
    [
      'must-understand, understood',
      { 'cache-control': 'no-store, must-understand, max-age=9' },
      {},
      'stored shared',
    ],
    [
      'must-understand, not understood',
      { 'cache-control': 'must-understand, max-age=9' },
      { status: 299 },
      '- -',
    ],
    ['private', { 'cache-control': 'private, max-age=9' }, {}, '- -'],
    ['private limited to a field', { 'cache-control': 'private="x", max-age=9' }, {}, 'stored shared'],
    ['Set-Cookie', { 'set-cookie': 'a=1', 'cache-control': 'max-age=9' }, {}, '- -'],
    [
      'Set-Cookie that is stripped',
      { 'set-cookie': 'a=1', 'cache-control': 'max-age=9, private="set-cookie"' },
      {},
      'stored shared',
    ],
    ['Vary: *', { vary: 'accept, *', 'cache-control': 'max-age=9' }, {}, '- -'],
    [
      'Vary without end',
      { vary: Array.from({ length: 50 }, (_, i) => `x-${i}`).join(), 'cache-control': 'max-age=9' },
      {},
      '- -',
    ],
    ['Authorization', { 'cache-control': 'max-age=9' }, { authorization: true }, '- -'],
    [
      'Authorization, public',
      { 'cache-control': 'max-age=9, public' },
      { authorization: true },
      'stored shared',
    ],
    ['Authorization, s-maxage', { 'cache-control': 's-maxage=9' }, { authorization: true }, 'stored shared'],
    [
      'Authorization, must-revalidate',
      { 'cache-control': 'max-age=9, must-revalidate' },
      { authorization: true },
      'stored shared',
    ],
    ['request no-store', { 'cache-control': 'max-age=9' }, { noStore: true }, '- shared'],
    ['404 with a time', { 'cache-control': 'max-age=9' }, { status: 404 }, 'stored shared'],
    ['404 without', {}, { status: 404 }, '- shared'],
    ['401 without', {}, { status: 401 }, '- -'],
    ['429 without', {}, { status: 429 }, '- -'],
    ['503 without', {}, { status: 503 }, '- shared'],
    ['503 with no-store', { 'cache-control': 'no-store' }, { status: 503 }, '- shared'],
    ['503 with a cookie', { 'set-cookie': 'a=1' }, { status: 503 }, '- -'],
    ['206', { 'cache-control': 'max-age=9' }, { status: 206 }, '- -'],
    ['a status that nobody knows', { 'cache-control': 'max-age=9' }, { status: 299 }, '- shared'],
  ]
  it.each(cases)(
    '%s',
    (_name, fields, { status = 200, authorization = false, noStore = false }, expected) => {
      const answer = received(fields, status)
      const { storable, shareable } = storabilityOf(
        answer,
        freshnessOf(answer, safeProfile),
        { authorization, noStore },
        safeProfile,
      )
      expect(`${storable ? 'stored' : '-'} ${shareable ? 'shared' : '-'}`).toBe(expected)
    },
  )

  it('is all that the RFC permits under the conformance profile', () => {
    const judge = (fields: Fields, status: number) => {
      const answer = received(fields, status)
      const asked = { authorization: false, noStore: false }
      return storabilityOf(answer, freshnessOf(answer, conformanceProfile), asked, conformanceProfile)
    }
    expect(judge({ 'set-cookie': 'a=1', 'cache-control': 'max-age=9' }, 200).storable).toBe(true)
    expect(judge({ 'cache-control': 'max-age=9' }, 299).storable).toBe(true)
    expect(judge({ 'cache-control': 'no-store' }, 503).shareable).toBe(false)
  })
})

describe('reuse', () => {
  const stored = fresh({ 'cache-control': 'max-age=100, stale-while-revalidate=50, stale-if-error=500' })
  const action = (request: string, offsetS: number, freshness = stored, softPurgedAtMs?: number): string => {
    const asked = request === '' ? noRequestDirectives : directives(request)
    return reuseOf(freshness, softPurgedAtMs, asked, startMs + offsetS * 1000).action
  }
  const directives = (text: string) =>
    requestDirectivesOf(new Headers({ 'cache-control': text }), safeProfile)

  it.each([
    ['', 0, 'serve'],
    ['', 99, 'serve'],
    ['', 100, 'serve-and-refresh'],
    ['', 149, 'serve-and-refresh'],
    ['', 150, 'validate'],
    ['no-cache', 1, 'validate'],
    ['max-age=0', 0, 'validate'],
    ['max-age=10', 10, 'serve'],
    ['max-age=10', 11, 'validate'],
    ['min-fresh=50', 50, 'serve'],
    ['min-fresh=50', 51, 'validate'],
    ['min-fresh=50', 120, 'validate'],
    ['max-stale', 9999, 'serve'],
    ['max-stale=10', 111, 'serve-and-refresh'],
    ['max-stale=100', 190, 'serve'],
    ['max-stale=100', 201, 'validate'],
    ['max-age=10, max-stale', 120, 'serve-and-refresh'],
    ['max-age=10', 120, 'validate'],
  ])('with %j after %d s: %s', (request, offsetS, expected) => {
    expect(action(request, offsetS)).toBe(expected)
  })

  it('keeps max-stale from what must be validated', () => {
    expect(action('max-stale', 200, fresh({ 'cache-control': 'max-age=100, must-revalidate' }))).toBe(
      'validate',
    )
    expect(action('', 0, fresh({ 'cache-control': 'max-age=100, no-cache' }))).toBe('validate')
  })

  it('counts the stale window from a soft purge', () => {
    expect(action('', 10, stored, startMs + 10_000)).toBe('serve-and-refresh')
    expect(action('', 61, stored, startMs + 10_000)).toBe('validate')
  })

  it('ignores what clients wish where the profile says so', () => {
    const headers = new Headers({ 'cache-control': 'no-cache, only-if-cached', pragma: 'no-cache' })
    expect(requestDirectivesOf(headers, { clientDirectives: 'ignore' })).toEqual({
      ...noRequestDirectives,
      onlyIfCached: true,
    })
    const pragma = new Headers({ pragma: 'no-cache' })
    expect(requestDirectivesOf(pragma, { clientDirectives: 'honour' }).noCache).toBe(true)
    expect(requestDirectivesOf(pragma, { clientDirectives: 'ignore' }).noCache).toBe(false)
  })

  it.each([
    [600, false, true],
    [601, false, false],
    [601, true, true],
  ])('%d s old, disconnected %s: may be served on an error: %s', (offsetS, disconnected, expected) => {
    const nowMs = startMs + offsetS * 1000
    expect(mayServeOnError(stored, undefined, noRequestDirectives, nowMs, disconnected)).toBe(expected)
  })

  it('never serves on an error what must be validated', () => {
    const strict = fresh({ 'cache-control': 'max-age=1, stale-if-error=500, must-revalidate' })
    expect(mayServeOnError(strict, undefined, noRequestDirectives, startMs + 2000, true)).toBe(false)
  })
})

describe('validation and Vary', () => {
  it('merges a 304 but leaves what describes the bytes', () => {
    const merged = mergeNotModified(
      [
        ['content-type', 'image/png'],
        ['content-length', '5'],
        ['age', '50'],
        ['x-old', '1'],
        ['date', 'old'],
      ],
      [
        ['content-type', 'text/html'],
        ['content-length', '0'],
        ['date', 'new'],
      ],
    )
    expect(Object.fromEntries(merged)).toEqual({
      'content-type': 'image/png',
      'content-length': '5',
      'x-old': '1',
      date: 'new',
    })
  })

  it('does not take a 304 about another answer', () => {
    expect(confirms([['etag', '"b"']], [['etag', '"a"']])).toBe(false)
    expect(confirms([['etag', '"a"']], [['etag', '"a"']])).toBe(true)
    expect(confirms([], [['etag', '"a"']])).toBe(true)
  })

  it('selects by normalised values', () => {
    const key = (value: string) => varyKeyOf(['accept-encoding'], new Headers({ 'accept-encoding': value }))
    expect(key('gzip, br')).toBe(key('GZIP ,br'))
    expect(key('gzip')).not.toBe(key('br'))
    expect(varyKeyOf(['x'], new Headers())).not.toBe(varyKeyOf(['x'], new Headers({ x: '' })))
    expect(varyKeyOf(['not a name'], new Headers())).toBe('[["not a name",null]]')
    expect(varyNamesOf([['vary', 'B, a,,A']])).toEqual(['a', 'b'])
    expect(varyNamesOf([['vary', 'a, *']])).toBeUndefined()
  })
})

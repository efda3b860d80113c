import { describe, expect, it } from 'vitest'
import { startMs } from '../testing/edge-test-kit.ts'
import { formatHttpDate } from '../headers/http-date.ts'
import { isNotModified, rangeOf } from './client-conditions.ts'

const at = (offsetS: number): string => formatHttpDate(startMs + offsetS * 1000)

describe('client conditions', () => {
  const answer = [
    ['etag', '"v1"'],
    ['last-modified', at(-100)],
    ['date', at(0)],
  ] as const

  it.each([
    [{ 'if-none-match': '"v1"' }, true],
    [{ 'if-none-match': 'W/"v1"' }, true],
    [{ 'if-none-match': '"v0", "v1"' }, true],
    [{ 'if-none-match': '*' }, true],
    [{ 'if-none-match': '"v2"' }, false],
    [{ 'if-none-match': '"v2"', 'if-modified-since': at(0) }, false],
    [{ 'if-modified-since': at(-100) }, true],
    [{ 'if-modified-since': at(-101) }, false],
    [{ 'if-modified-since': 'junk' }, false],
    [{}, false],
  ] as [Record<string, string>, boolean][])('%j: not modified %s', (fields, expected) => {
    expect(isNotModified(new Headers(fields), answer, startMs)).toBe(expected)
  })

  it.each([
    ['bytes=0-9', { first: 0, last: 9 }],
    ['bytes=90-', { first: 90, last: 99 }],
    ['bytes=90-1000', { first: 90, last: 99 }],
    ['bytes=-10', { first: 90, last: 99 }],
    ['bytes=-1000', { first: 0, last: 99 }],
    ['Bytes=0-0', { first: 0, last: 0 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    // Not understood, and so the whole.
    ['bytes=9-0', undefined],
    ['bytes=-', undefined],
    ['bytes=0-1,5-6', undefined],
    ['bytes=a-b', undefined],
    ['items=0-1', undefined],
    ['junk', undefined],
  ])('Range: %s of 100 bytes', (range, expected) => {
    expect(rangeOf(new Headers({ range }), answer, 100, startMs)).toEqual(expected)
  })

  it.each([
    ['"v1"', true],
    ['W/"v1"', false],
    ['"v2"', false],
    [at(-100), true],
    [at(-99), false],
    ['junk', false],
  ])('If-Range: %s lets the range through: %s', (condition, expected) => {
    const request = new Headers({ range: 'bytes=0-1', 'if-range': condition })
    expect(rangeOf(request, answer, 100, startMs) !== undefined).toBe(expected)
  })
})

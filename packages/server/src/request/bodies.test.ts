import { describe, expect, test } from 'vitest'
import { DarkroomError } from '../errors.ts'
import { fingerprintOf, parseGenerationBody } from './generation-body.ts'
import { parseOpenAIImageBody } from './openai-body.ts'
import { readPreference } from './prefer.ts'

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof DarkroomError) return error.code
    throw error
  }
  return 'accepted'
}

describe('a native body', () => {
  test('is normalised', () => {
    expect(
      parseGenerationBody({ prompt: '  a  fox ', size: '512x640', n: 2, tags: ['a', 'a'] }),
    ).toMatchObject({
      prompt: 'a fox',
      widthPx: 512,
      heightPx: 640,
      n: 2,
      scope: 'default',
      tags: ['a'],
    })
  })

  test.each([
    [null, 'invalid_request'],
    [[], 'invalid_request'],
    ['prompt', 'invalid_request'],
    [{}, 'invalid_request'],
    [{ prompt: 7 }, 'invalid_request'],
    [{ prompt: '\ud800' }, 'invalid_request'],
    [{ prompt: 'a\u0000' }, 'invalid_request'],
    [{ prompt: 'fox', n: 0 }, 'invalid_request'],
    [{ prompt: 'fox', n: 11 }, 'invalid_request'],
    [{ prompt: 'fox', n: '2' }, 'invalid_request'],
    [{ prompt: 'fox', seed: 1.5 }, 'invalid_request'],
    [{ prompt: 'fox', seed: 4294967295, n: 2 }, 'invalid_request'],
    [{ prompt: 'fox', scope: '../etc' }, 'invalid_request'],
    [{ prompt: 'fox', tags: ['a b'] }, 'invalid_request'],
    [{ prompt: 'fox', tags: Array.from({ length: 17 }, String) }, 'invalid_request'],
    [{ prompt: 'fox', colour: 'red' }, 'unknown_parameter'],
    [{ prompt: 'fox', webhook: 7 }, 'invalid_request'],
    [{ prompt: 'fox', webhook: { secret: 'whsec_AAAA' } }, 'invalid_request'],
    [{ prompt: 'fox', webhook: { url: 'https://shop.example', secret: 'AAAA' } }, 'invalid_request'],
    [{ prompt: 'fox', webhook: { url: 'https://shop.example', secret: 'whsec_AAAA' } }, 'invalid_request'],
    [{ prompt: 'fox', webhook: { url: 'https://shop.example', events: [] } }, 'unknown_parameter'],
  ])('%j is %s', (body, code) => {
    expect(codeOf(() => parseGenerationBody(body))).toBe(code)
  })

  test('equal asks have equal fingerprints, however they are written', () => {
    const one = parseGenerationBody({ prompt: 'a fox', size: '1024x1024' })
    const other = parseGenerationBody({ n: 1, prompt: ' a fox', w: 1024, h: 1024, seed: 0 })
    expect(fingerprintOf(one)).toBe(fingerprintOf(other))
    expect(fingerprintOf(one)).not.toBe(fingerprintOf(parseGenerationBody({ prompt: 'a fox', seed: 1 })))
  })
})

describe('an OpenAI body', () => {
  test('null means the default', () => {
    const ask = parseOpenAIImageBody({
      prompt: 'fox',
      n: null,
      size: null,
      response_format: null,
      stream: null,
    })
    expect(ask).toMatchObject({ n: 1, widthPx: 1024, heightPx: 1024, format: 'png', stream: false })
    expect(ask.responseFormat).toBeUndefined()
  })

  test('what has no effect is named', () => {
    expect(parseOpenAIImageBody({ prompt: 'fox', quality: 'hd', moderation: 'auto' }).ignored).toEqual([
      'quality',
    ])
  })

  test('a transparent background is refused instead of ignored', () => {
    expect(codeOf(() => parseOpenAIImageBody({ prompt: 'fox', background: 'transparent' }))).toBe(
      'unsupported_by_backend',
    )
  })
})

describe('Prefer', () => {
  test.each([
    [null, 30, undefined],
    ['wait=5', 5, 'wait=5'],
    ['respond-async', 0, 'respond-async'],
    ['respond-async, wait=10', 10, 'respond-async, wait=10'],
    ['wait=9999', 120, 'wait=120'],
    ['wait=soon', 30, undefined],
    ['return=minimal; foo="bar", WAIT="7"', 7, 'wait=7'],
  ])('%s waits %i s', (header, waitS, applied) => {
    expect(readPreference(header)).toEqual({ waitS, applied })
  })
})

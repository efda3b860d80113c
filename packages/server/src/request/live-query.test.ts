import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DarkroomError } from '../errors.ts'
import { canonicalLiveQuery, parseLiveUrl } from './live-query.ts'

function parse(query: string): ReturnType<typeof parseLiveUrl> {
  return parseLiveUrl(new URL(`http://127.0.0.1/live/demo?${query}`))
}

function canonical(query: string): string {
  return canonicalLiveQuery(parse(query), { format: 'jpeg' })
}

function codeOf(query: string): string {
  try {
    parse(query)
  } catch (error) {
    if (error instanceof DarkroomError) return error.code
    throw error
  }
  return 'accepted'
}

describe('a prompt URL', () => {
  test('defaults are spelled out', () => {
    expect(parse('prompt=fox')).toMatchObject({ prompt: 'fox', widthPx: 1024, heightPx: 1024, seed: 0 })
  })

  test.each([
    ['key order', 'seed=3&prompt=a+fox&size=512x512', 'size=512x512&prompt=a+fox&seed=3'],
    ['white space', 'prompt=%20a%20%20fox%0A', 'prompt=a+fox'],
    ['plus and %20', 'prompt=a+fox', 'prompt=a%20fox'],
    ['Unicode form', 'prompt=caf%C3%A9', 'prompt=cafe%CC%81'],
    ['defaults', 'prompt=fox', 'prompt=fox&seed=0&size=1024x1024&negative='],
    ['ways to say a size', 'prompt=fox&size=512x640', 'prompt=fox&w=512&h=640'],
  ])('%s does not matter', (_, one, other) => {
    expect(canonical(one)).toBe(canonical(other))
  })

  test.each([
    ['seed', 'prompt=fox', 'prompt=fox&seed=1'],
    ['case of the prompt', 'prompt=fox', 'prompt=Fox'],
    ['style', 'prompt=fox', 'prompt=fox&style=ink'],
    ['negative', 'prompt=fox', 'prompt=fox&negative=snow'],
    ['model', 'prompt=fox', 'prompt=fox&model=flux'],
    ['quality', 'prompt=fox', 'prompt=fox&q=50'],
  ])('%s matters', (_, one, other) => {
    expect(canonical(one)).not.toBe(canonical(other))
  })

  test.each(
    [
      ['', 'invalid_request'],
      ['prompt=', 'invalid_request'],
      ['prompt=+++', 'invalid_request'],
      [`prompt=${'x'.repeat(4001)}`, 'invalid_request'],
      [`prompt=${'x'.repeat(10_000)}`, 'invalid_request'],
      [`prompt=${'x'.repeat(100_000)}`, 'invalid_request'],
      [`prompt=${'x'.repeat(4000)}`, 'accepted'],
      ['prompt=a%00b', 'invalid_request'],
      ['prompt=%FF%FE', 'invalid_request'],
      ['prompt=a&prompt=b', 'duplicate_parameter'],
      ['prompt=a&seed=1&seed=1', 'duplicate_parameter'],
      ['prompt=a&colour=red', 'unknown_parameter'],
      ['prompt=a&__proto__=1', 'unknown_parameter'],
      ['prompt=a&constructor=1', 'unknown_parameter'],
      ['prompt=a&size=0x0', 'invalid_request'],
      ['prompt=a&w=NaN&h=NaN', 'invalid_request'],
      ['prompt=a&w=20000&h=20000', 'invalid_request'],
      ['prompt=a&seed=-1', 'invalid_request'],
      ['prompt=a&seed=1.5', 'invalid_request'],
      ['prompt=a&seed=4294967296', 'invalid_request'],
      ['prompt=a&seed=4294967295', 'accepted'],
      ['prompt=a&format=bmp', 'invalid_request'],
      ['prompt=a&format=jpg', 'accepted'],
      ['prompt=a&q=0', 'invalid_request'],
      ['prompt=a&q=101', 'invalid_request'],
      ['prompt=a&model=../etc', 'invalid_request'],
      ['prompt=a&placeholder=yes', 'invalid_request'],
    ].map(([query = '', code = '']) => [query.slice(0, 40), query, code] as const),
  )('%s', (_, query, code) => {
    expect(codeOf(query)).toBe(code)
  })

  test('whatever the query, the answer is an ask or one of our errors', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.oneof(fc.constantFrom('prompt', 'size', 'w', 'h', 'seed', 'q', 'format'), fc.string()),
            fc.string({ unit: 'binary' }),
          ),
        ),
        (pairs) => {
          const url = new URL('http://127.0.0.1/live/demo')
          for (const [name, value] of pairs) url.searchParams.append(name, value)
          try {
            const ask = parseLiveUrl(url)
            const again = parseLiveUrl(
              new URL(`http://127.0.0.1/live/demo?${canonicalLiveQuery(ask, { format: 'png' })}`),
            )
            expect(canonicalLiveQuery(again, { format: 'png' })).toBe(
              canonicalLiveQuery(ask, { format: 'png' }),
            )
          } catch (error) {
            expect(error).toBeInstanceOf(DarkroomError)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

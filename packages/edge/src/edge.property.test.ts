import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKit, settle } from './testing/edge-test-kit.ts'

const names = [
  'cache-control',
  'cdn-cache-control',
  'vary',
  'expires',
  'date',
  'age',
  'etag',
  'last-modified',
  'content-length',
  'content-range',
  'cache-tag',
  'surrogate-key',
  'cache-status',
  'connection',
  'set-cookie',
  'pragma',
  'range',
  'if-none-match',
  'if-modified-since',
  'if-range',
  'if-match',
  'authorization',
  'accept',
  'x-cache-status',
]

/** What `Headers` takes: visible ASCII, Latin-1, spaces and tabs inside. */
const junkValue = fc.oneof(
  fc
    .string({ unit: fc.constantFrom(...'", ;=\\()?:@%*-0159azAZ\t\u00e4'.split('')), maxLength: 30 })
    .map((text) => text.trim()),
  fc.constantFrom(
    '*',
    'max-age=9',
    'max-age=9, stale-while-revalidate=9',
    'no-store',
    'bytes=0-',
    'bytes=5-2',
    'W/"a"',
    '"a"',
    '0',
  ),
)
const junkHeaders = fc.dictionary(fc.constantFrom(...names), junkValue, { maxKeys: 6 })

const answers = fc.record({
  status: fc.constantFrom(200, 200, 200, 204, 206, 301, 304, 404, 416, 500, 503),
  headers: junkHeaders,
  body: fc.string({ maxLength: 8 }),
})
const steps = fc.array(
  fc.record({
    request: junkHeaders,
    method: fc.constantFrom('GET', 'GET', 'HEAD', 'DELETE'),
    answer: answers,
    waitS: fc.constantFrom(0, 0, 5, 20, -60),
  }),
  { minLength: 1, maxLength: 5 },
)

it('never throws for junk in headers, and says on every answer what it did', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      let answer = history[0]?.answer
      const { get, clock } = createKit(({ request }) => {
        const status = answer?.status ?? 200
        const empty = status === 204 || status === 304 || request.method === 'HEAD'
        // A length that is not the body's is what a broken origin is for; it has its own tests.
        const { 'content-length': _, ...headers } = answer?.headers ?? {}
        return new Response(empty ? null : (answer?.body ?? ''), { status, headers })
      })
      for (const step of history) {
        answer = step.answer
        clock.advanceS(step.waitS)
        const response = await get('/a', step.request, { method: step.method })
        expect(response.headers.get('x-cache-status')).toMatch(/^(HIT|MISS|STALE)$/)
        expect(response.headers.get('cache-status')).toMatch(/darkroom(;|$)/)
        const bytes = await response.arrayBuffer()
        const length = response.headers.get('content-length')
        if (length !== null && step.method === 'GET') expect(bytes.byteLength).toBe(Number(length))
        await settle()
      }
    }),
    { numRuns: 300 },
  )
})

it('serves only what the origin made for this very request, within its time', async () => {
  const history = fc.array(
    fc.record({
      path: fc.constantFrom('/a', '/b'),
      language: fc.constantFrom('en', 'de'),
      waitS: fc.nat(40),
      purge: fc.boolean(),
    }),
    { maxLength: 25 },
  )
  await fc.assert(
    fc.asyncProperty(history, async (requests) => {
      const lifetimeS = 30
      const { get, clock, calls, edge } = createKit(({ request }) =>
        Response.json(
          {
            path: new URL(request.url).pathname,
            language: request.headers.get('accept-language'),
            madeAtMs: clock.nowMs,
          },
          {
            headers: {
              'cache-control': `max-age=${lifetimeS}`,
              vary: 'accept-language',
              'cache-tag': new URL(request.url).pathname,
            },
          },
        ),
      )
      // The model: when each variant was last made.
      const made = new Map<string, number>()
      for (const { path, language, waitS, purge } of requests) {
        clock.advanceS(waitS)
        if (purge) {
          await edge.purge({ tags: [path], domain: '' })
          for (const each of ['en', 'de']) made.delete(path + each)
        }
        const before = calls.length
        const answer: unknown = await (await get(path, { 'accept-language': language })).json()
        const variant = path + language
        const fresh = clock.nowMs - (made.get(variant) ?? Number.NEGATIVE_INFINITY) < lifetimeS * 1000
        if (!fresh) made.set(variant, clock.nowMs)
        expect(calls.length - before).toBe(fresh ? 0 : 1)
        expect(answer).toEqual({ path, language, madeAtMs: made.get(variant) })
      }
    }),
    { numRuns: 200 },
  )
})

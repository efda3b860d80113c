import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { useTestPlatform } from './support/test-platform.ts'

const platform = useTestPlatform({ DARKROOM_UPLOAD_MB: '2' })

function ask(path: string, init?: RequestInit): Promise<Response> {
  return platform.fetch(new Request(`http://127.0.0.1${path}`, init))
}

function post(
  path: string,
  body: BodyInit,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Response> {
  return ask(path, { method: 'POST', headers, body })
}

interface Problem {
  status: number
  code: string
  detail: string
  requestId: string
  param?: string
}

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = (await response.json()) as Problem
  expect(problem.status).toBe(response.status)
  expect(problem.detail.length).toBeGreaterThan(10)
  expect(problem.requestId).toBe(response.headers.get('x-request-id'))
  return problem
}

/** A test's name is no place for ten thousand characters. */
function short(text: string): string {
  return text.length <= 70 ? text : `${text.slice(0, 50)}… (${text.length} characters)`
}

describe('bad input is told what to change', () => {
  test.each(
    (
      [
        ['/live/demo', 400, 'prompt'],
        ['/live/demo?prompt=', 400, 'prompt'],
        [`/live/demo?prompt=${'x'.repeat(10_000)}`, 400, 'prompt'],
        ['/live/demo?prompt=fox&size=0x0', 400, 'size'],
        ['/live/demo?prompt=fox&size=20000x20000', 400, 'size'],
        ['/live/demo?prompt=fox&w=NaN&h=NaN', 400, 'w'],
        ['/live/demo?prompt=fox&model=%2e%2e%2fx', 400, 'model'],
        ['/live/demo?prompt=fox&nonsense=1', 400, 'nonsense'],
        ['/live/demo?prompt=fox&prompt=cat', 400, 'prompt'],
        ['/live/demo?prompt=fox&sig=abc', 400, 'sig'],
        ['/live/demo?prompt=fox&exp=1', 400, 'exp'],
        ['/live/%2e%2e%2fetc?prompt=fox', 400, 'scope'],
        ['/live/UPPER?prompt=fox', 400, 'scope'],
        ['/live/a%00b?prompt=fox', 400, 'scope'],
        ['/live/../../etc/passwd', 404, undefined],
        ['/images/nothing', 404, undefined],
        ['/images/img_00000000000000000000000000000000', 404, undefined],
        ['/images/..%2f..%2fetc%2fpasswd', 404, undefined],
        ['/v1/generations/req_%00', 404, undefined],
        ['/v1/generations/req_%00/explain', 404, undefined],
        ['/v1/carousels/car_%00/explain', 404, undefined],
        ['/v1/markers/%00/comparison', 404, undefined],
        ['/v1/markers/99999999999/comparison', 404, undefined],
        ['/v1/latency?window=0m', 400, 'window'],
        ['/v1/latency?by=%00', 400, 'by'],
        ['/v1/latency?route=%00', 400, 'route'],
        ['/v1/latency?scope=a%00', 400, 'scope'],
        ['/v1/latency?model=%00', 400, 'model'],
        ['/v1/generations?limit=0', 400, 'limit'],
        ['/v1/generations?cursor=abc', 400, 'cursor'],
        ['/v1/generations?q=%00', 400, 'q'],
        ['/v1/overview?nonsense=1', 400, 'nonsense'],
        ['/v1/overview/events?nonsense=1', 400, 'nonsense'],
        ['/dashboard/assets/nothing.js', 404, undefined],
        ['/dashboard/assets/..%2fmanifest.json', 404, undefined],
        ['/dashboard/manifest.json', 404, undefined],
        ['/v1/unknown', 404, undefined],
      ] as const
    ).map((row) => [short(row[0]), ...row] as const),
  )('GET %s is refused', async (_, path, status, param) => {
    const response = await ask(path)
    expect(response.status).toBe(status)
    const problem = await problemOf(response)
    if (param !== undefined) expect(problem.param).toBe(param)
  })

  test.each(
    (
      [
        ['{', 'application/json', 400, 'invalid_json'],
        ['', 'application/json', 400, 'invalid_json'],
        ['[]', 'application/json', 400, 'invalid_request'],
        ['null', 'application/json', 400, 'invalid_request'],
        ['{"prompt":"fox"}', 'text/plain', 415, 'unsupported_media_type'],
        ['{"prompt":"fox","n":99}', 'application/json', 400, 'invalid_request'],
        ['{"prompt":"fox","colour":1}', 'application/json', 400, 'unknown_parameter'],
        ['{"prompt":"fox","__proto__":{"n":2}}', 'application/json', 400, 'unknown_parameter'],
        ['{"prompt":"\\ud800"}', 'application/json', 400, 'invalid_request'],
        ['{"prompt":"a\\u0000b"}', 'application/json', 400, 'invalid_request'],
        [`{"prompt":"${'x'.repeat(2 * 1024 * 1024)}"}`, 'application/json', 413, 'body_too_large'],
      ] as const
    ).map((row) => [short(row[0]), ...row] as const),
  )('POST /v1/generations %s is refused', async (_, body, mediaType, status, code) => {
    const response = await post('/v1/generations', body, { 'content-type': mediaType })
    expect(response.status).toBe(status)
    expect((await problemOf(response)).code).toBe(code)
  })

  test('a catalogue has a name that can be stored', async () => {
    const response = await post('/v1/catalogs', '{"name":"a\\u0000b","prompt":"a {{name}}"}')
    expect(response.status).toBe(400)
    expect((await problemOf(response)).param).toBe('name')
  })

  test('a body of 50 MB is 413 on every route that takes one', async () => {
    const body = new Uint8Array(50 * 1024 * 1024)
    for (const path of ['/v1/generations', '/v1/uploads', '/v1/images/generations']) {
      const response = await post(path, body, {
        'content-type': path === '/v1/uploads' ? 'image/png' : 'application/json',
      })
      expect(response.status).toBe(413)
    }
  })

  test("OpenAI's routes answer with its envelope", async () => {
    const response = await post('/v1/images/generations', '{"prompt":""}')
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', param: 'prompt', code: 'invalid_request' },
    })
    const edits = await post('/v1/images/edits', '{}')
    expect(edits.status).toBe(415)
    expect(await edits.json()).toMatchObject({ error: { code: 'unsupported_media_type' } })
  })

  test('a method that a route does not have is 405 with Allow', async () => {
    const response = await ask('/v1/generations', { method: 'DELETE' })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST, GET, HEAD')
  })

  test('an unacceptable Accept is 406, and */* gets a JPEG', async () => {
    const query = '/live/demo?prompt=fox&size=64x64'
    expect((await ask(query, { headers: { accept: 'text/html' } })).status).toBe(406)
    const picture = await ask(query, { headers: { accept: '*/*' } })
    expect(picture.headers.get('content-type')).toBe('image/jpeg')
    expect(picture.headers.get('vary')).toMatch(/accept/iu)
  })
})

describe('with access off', () => {
  test('a Host that is not loopback is refused: DNS rebinding opens nothing', async () => {
    const response = await platform.fetch(new Request('http://darkroom.attacker.example/v1/generations'))
    expect(response.status).toBe(403)
    expect((await problemOf(response)).code).toBe('forbidden_host')
  })

  test.each(['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'])(
    '%s is refused',
    async (name) => {
      const response = await ask('/healthz', { headers: { [name]: '10.0.0.1' } })
      expect(response.status).toBe(403)
      expect((await problemOf(response)).code).toBe('forwarding_refused')
    },
  )

  test.each([
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://shop.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1.attacker.example' },
    { 'sec-fetch-site': 'cross-site', referer: 'https://shop.example/page' },
  ])('a page of another site (%j) writes nothing and causes no generation', async (headers) => {
    const written = await ask('/v1/generations', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' } as Record<string, string>,
      body: '{"prompt":"fox","size":"64x64"}',
    })
    expect(written.status).toBe(403)
    const query = `/live/demo?prompt=cross+site+${encodeURIComponent(JSON.stringify(headers))}&size=64x64&format=png`
    const refused = await ask(query, { headers: headers as Record<string, string> })
    expect(refused.status).toBe(403)
    expect((await problemOf(refused)).code).toBe('cross_site_refused')
    expect((await ask(query, { method: 'HEAD' })).status).toBe(404)

    // What somebody here has made may be shown anywhere.
    expect((await ask(query)).status).toBe(200)
    const shown = await ask(query, { headers: headers as Record<string, string> })
    expect(shown.status).toBe(200)
    expect(shown.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    // Another format of it is not at the edge, but it is no new generation either.
    const variant = await ask(query.replace('format=png', 'format=webp'), {
      headers: headers as Record<string, string>,
    })
    expect(variant.status).toBe(200)
    expect(variant.headers.get('x-image-id')).toBe(shown.headers.get('x-image-id'))
  })

  test.each([
    { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' },
    { origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site' },
    { referer: 'http://localhost:3000/', 'sec-fetch-site': 'cross-site' },
  ])('a page that this machine serves (%j) may ask', async (headers) => {
    const query = `/live/demo?prompt=own+page+${encodeURIComponent(JSON.stringify(headers))}&size=64x64&format=png`
    expect((await ask(query, { headers: headers as Record<string, string> })).status).toBe(200)
  })
})

describe('junk', () => {
  const paths = [
    '/',
    '/live/demo',
    '/live/',
    '/images/',
    '/images/img_x',
    '/v1/generations',
    '/v1/generations/req_x',
    '/v1/generations/req_x/events',
    '/v1/generations/req_x/cancel',
    '/v1/generations/req_x/regenerate',
    '/v1/images/generations',
    '/v1/images/edits',
    '/v1/images/img_x',
    '/v1/uploads',
    '/v1/models',
    '/v1/models/x',
    '/v1/carousels',
    '/v1/carousels/car_x',
    '/v1/carousels/car_x.zip',
    '/v1/carousels/car_x.pdf',
    '/v1/carousels/car_x/events',
    '/v1/carousels/car_x/cancel',
    '/v1/carousels/car_x/slides/0',
    '/v1/carousels/car_x/slides/x/retry',
    '/v1/purge',
    '/v1/cdns',
    '/v1/cdns/redrive',
    '/v1/catalogs',
    '/v1/catalogs/cat_x',
    '/v1/catalogs/%00',
    '/v1/catalogs/cat_x/items',
    '/v1/catalogs/cat_x/items/x',
    '/v1/predictions',
    '/v1/keys',
    '/openapi.json',
    '/healthz',
    '/readyz',
    '/docs',
    '/dashboard/',
    '/dashboard/assets/x.js',
    '/dashboard/about.json',
    '/v1/overview',
    '/metrics',
  ]
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
  const names = [
    'prompt',
    'size',
    'w',
    'h',
    'ar',
    'seed',
    'model',
    'format',
    'q',
    'limit',
    'cursor',
    'fit',
    'scope',
    '__proto__',
  ]
  const values = fc.oneof(
    fc.constantFrom(
      '',
      '0',
      '-1',
      'NaN',
      '1e9',
      '../..',
      '\u0000',
      '%',
      '{}',
      '64x64',
      '9'.repeat(400),
      'null',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
  )
  const junkBody = fc.oneof(
    fc.json(),
    fc.string({ maxLength: 200 }),
    fc
      .record(
        { prompt: fc.anything({ withNullPrototype: false }), n: fc.anything(), size: values },
        { requiredKeys: [] },
      )
      .map((body) => {
        try {
          return JSON.stringify(body) ?? ''
        } catch {
          return '{'
        }
      }),
  )
  const headerValue = fc.stringMatching(/^[\u0021-\u007e]{0,30}$/u)

  test('on every route ends as an answer or a problem document, never a 500', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.string({ maxLength: 10 }),
        fc.constantFrom(...methods),
        fc.array(fc.tuple(fc.constantFrom(...names), values), { maxLength: 5 }),
        junkBody,
        fc.constantFrom(
          'application/json',
          'text/plain',
          'multipart/form-data',
          'multipart/form-data; boundary=x',
          'image/png',
          '',
        ),
        fc.record(
          {
            accept: headerValue,
            prefer: headerValue,
            range: headerValue,
            'idempotency-key': headerValue,
            'if-none-match': headerValue,
            'if-modified-since': headerValue,
            'last-event-id': headerValue,
            'cache-control': headerValue,
          },
          { requiredKeys: [] },
        ),
        async (path, suffix, method, query, body, mediaType, headers) => {
          const url = new URL(`http://127.0.0.1${path}`)
          if (suffix.length % 3 === 0) url.pathname += `/${encodeURIComponent(suffix.toWellFormed())}`
          for (const [name, value] of query) url.searchParams.append(name, value)
          // A valid ask would start real work; this test is about the others.
          if (url.pathname.startsWith('/live/')) url.searchParams.append('junk', '1')
          const hasBody = method !== 'GET' && method !== 'HEAD'
          const response = await platform.fetch(
            new Request(url, {
              method,
              headers: { ...headers, ...(mediaType === '' ? {} : { 'content-type': mediaType }) } as Record<
                string,
                string
              >,
              ...(hasBody ? { body } : {}),
            }),
          )
          expect([500, 502, 503]).not.toContain(response.status)
          const text = await response.text()
          if (response.status < 400 || method === 'HEAD') return
          const isOpenAI = /^\/v1\/(?:images\/|models)/u.test(url.pathname)
          const document = JSON.parse(text) as Record<string, unknown>
          if (isOpenAI && document['error'] !== undefined) {
            expect(document['error']).toMatchObject({ message: expect.any(String), code: expect.any(String) })
          } else {
            expect(response.headers.get('content-type')).toBe('application/problem+json')
            expect(document).toMatchObject({
              code: expect.any(String),
              detail: expect.any(String),
              status: response.status,
            })
          }
        },
      ),
      { numRuns: 400 },
    )
  })
})

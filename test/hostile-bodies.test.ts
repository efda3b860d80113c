import { describe, expect, test } from 'vitest'
import { gatewayRoutes } from '../packages/server/src/gateway/gateway.ts'
import type { GatewayServices } from '../packages/server/src/gateway/services.ts'
import { useTestPlatform } from './support/test-platform.ts'

/** Every route that takes a body, and bodies that are nearly right or not at all: each is told what to change. */

/** Routes are only listed here, so nothing of the services is used. */
const noServices = new Proxy({}, { get: (): unknown => noServices }) as GatewayServices
const routes = gatewayRoutes(noServices).filter(({ body }) => body !== undefined)

const platform = useTestPlatform({
  DARKROOM_MODELS: 'default=simulated-gpu:sim-1',
  DARKROOM_SIMULATED_GPU: 'spinUpMs=0,loadMs=0,stepMs=0,steps=1',
})

interface Refusal {
  status: number
  code: string
  param: string | null | undefined
  detail: string
}

async function send(method: string, path: string, init: RequestInit): Promise<Refusal> {
  const response = await platform.fetch(new Request(`http://127.0.0.1${path}`, { method, ...init }))
  const body = (await response.json()) as Record<string, unknown>
  const error = (body['error'] ?? {}) as Record<string, unknown>
  const told = response.headers.get('content-type') === 'application/problem+json' ? body : error
  return {
    status: response.status,
    code: String(told['code']),
    param: told['param'] as string | null | undefined,
    detail: String(told['detail'] ?? told['message']),
  }
}

const asJson = { 'content-type': 'application/json' }

function form(name: string): FormData {
  const body = new FormData()
  body.set(name, 'x')
  return body
}

const hostile: readonly (readonly [name: string, init: () => RequestInit])[] = [
  ['nothing', () => ({})],
  ['text', () => ({ headers: { 'content-type': 'text/plain' }, body: 'a fox' })],
  ['a list', () => ({ headers: asJson, body: '[]' })],
  ['a string', () => ({ headers: asJson, body: '"a fox"' })],
  ['null', () => ({ headers: asJson, body: 'null' })],
  ['NaN', () => ({ headers: asJson, body: '{"n": NaN}' })],
  ['lists 20,000 deep', () => ({ headers: asJson, body: '['.repeat(20_000) + ']'.repeat(20_000) })],
  [
    'objects 20,000 deep',
    () => ({ headers: asJson, body: '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000) }),
  ],
  ['a doubled name', () => ({ headers: asJson, body: '{"prompt":"a","prompt":"b"}' })],
  ['bytes that are no UTF-8', () => ({ headers: asJson, body: new Uint8Array([0x7b, 0xff, 0x7d]) })],
  [
    'UTF-16',
    () => ({ headers: asJson, body: new Uint8Array(Buffer.from('\uFEFF{"prompt":"a"}', 'utf16le')) }),
  ],
  ['a byte order mark, and an unknown field', () => ({ headers: asJson, body: '\uFEFF{"nonsense":1}' })],
  ['gzip', () => ({ headers: { ...asJson, 'content-encoding': 'gzip' }, body: '{}' })],
  ['a form', () => ({ body: form('nonsense') })],
  ['an urlencoded form', () => ({ body: new URLSearchParams({ prompt: 'a fox' }) })],
  ['a form without a boundary', () => ({ headers: { 'content-type': 'multipart/form-data' }, body: 'x' })],
]

/** The words of the validating library, which say nothing to who calls an API. */
const jargon = /Invalid input|Invalid option|expected|received|Too big|Too small|undefined/u

describe.each(routes.map(({ method, path }) => [method, path] as const))('%s %s', (method, path) => {
  test.each(hostile)('says of %s what to change', async (_name, init) => {
    const address = path.replaceAll('{n}', '0').replaceAll(/\{\w+\}/gu, 'nobody')
    const told = await send(method, address, init())
    expect([400, 404, 409, 415, 422]).toContain(told.status)
    expect(told.detail).not.toMatch(jargon)
    if (told.status !== 404) expect(told.param).toMatch(/\S/u)
  })
})

const id = `img_${'a'.repeat(32)}`

describe('near misses', () => {
  test.each([
    ['/v1/generations', { image: id }, 'image', `{"image": "${id}"}`],
    ['/v1/generations', { image: 'https://example.com/a.png' }, 'image', '{"url": "https://…"}'],
    ['/v1/generations', { image: [id] }, 'image', '{"image": "img_…"}'],
    ['/v1/generations', { image: {} }, 'image', 'url'],
    ['/v1/generations', { mask: id }, 'mask', `{"image": "${id}"}`],
    ['/v1/generations', { references: { image: id } }, 'references', '[{"image": "img_…"}]'],
    ['/v1/generations', { references: [id] }, 'references.0', `{"image": "${id}"}`],
    ['/v1/generations', { prompt: 5 }, 'prompt', 'in quotes, like "a red fox'],
    ['/v1/generations', { prompt: null }, 'prompt', 'is required'],
    ['/v1/generations', { n: '2' }, 'n', 'whole number from 1 to 10'],
    ['/v1/generations', { n: 0 }, 'n', 'from 1 to 10'],
    ['/v1/generations', { seed: '42' }, 'seed', 'whole number, like 42'],
    ['/v1/generations', { size: 1024 }, 'size', 'like "1024x768"'],
    ['/v1/generations', { size: 'large' }, 'size', 'like 1024x768'],
    ['/v1/generations', { tags: 'spring' }, 'tags', 'like ["spring"]'],
    ['/v1/generations', { tags: Array(20_000).fill('x') }, 'tags', 'at most 16 entries'],
    ['/v1/generations', { model: 7 }, 'model', 'write "7"'],
    ['/v1/generations', { webhook: {} }, 'webhook', 'URL'],
    ['/v1/images/generations', { quality: 'best' }, 'quality', '"low", "medium"'],
    ['/v1/images/generations', { stream: 'true' }, 'stream', 'true or false'],
    ['/v1/images/generations', { response_format: 'b64' }, 'response_format', '"url" or "b64_json"'],
    ['/v1/carousels', { base: id }, 'base', `{"image": "${id}"}`],
    ['/v1/carousels', { base: 'https://example.com/a.png' }, 'base', '{"url": "https://…"}'],
    ['/v1/carousels', { slides: { kind: 'hook', title: 'a' } }, 'slides', '[{"kind": "hook"'],
    ['/v1/carousels', { slides: ['a', 'b'] }, 'slides.0', 'like {"kind": "hook"'],
    ['/v1/purge', { tags: 'spring' }, 'tags', 'like ["spring"]'],
    ['/v1/purge', {}, 'tags', 'exactly one of'],
    ['/v1/keys', { rights: 'read' }, 'rights', 'like ["read", "generate"]'],
  ])('%s %j names %s and shows how', async (path, fields, param, shown) => {
    const whole: object =
      path === '/v1/carousels'
        ? { base: { prompt: 'a' }, slides: [1, 2].map((each) => ({ kind: 'point', title: `${each}` })) }
        : path.endsWith('generations')
          ? { prompt: 'a fox' }
          : {}
    const told = await send('POST', path, { headers: asJson, body: JSON.stringify({ ...whole, ...fields }) })
    expect(told).toMatchObject({ status: 400, param })
    expect(told.detail).toContain(shown)
    expect(told.detail).not.toMatch(jargon)
  })
})

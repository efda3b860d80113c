import { createEdge, createMemoryEdgeStore } from '@darkroom/edge'
import { expect, it } from 'vitest'
import { edgeRequest, pictureHit } from './picture-hit.ts'

const key = '/live/shop?prompt=a'

/** An edge that has one answer, of the domain `shop`. */
async function edgeWithAnswer(body: string | null = 'picture'): Promise<ReturnType<typeof createEdge>> {
  const edge = createEdge({
    store: createMemoryEdgeStore({ maxBytes: 1_000_000 }),
    origin: () => new Response(body, { headers: { 'cache-control': 'max-age=60', etag: '"1"' } }),
  })
  await edge.fetch(edgeRequest(asked(), key, undefined), { domain: 'shop' })
  return edge
}

function asked(headers: Record<string, string> = {}, method = 'GET'): Request {
  return new Request('http://pictures.example/anything', { method, headers })
}

it('gives what is in memory to a plain GET, whoever asks', async () => {
  const edge = await edgeWithAnswer()
  for (const headers of [{}, { authorization: 'Bearer x', accept: 'image/*', cookie: 'a=b' }]) {
    const hit = pictureHit(edge, asked(headers), key, 'shop')
    expect([hit?.status, await hit?.text(), hit?.headers.get('x-cache-status')]).toEqual([
      200,
      'picture',
      'HIT',
    ])
  }
  expect(edge.stats().hits).toBe(2)
})

it.each([
  ['a condition', asked({ 'if-none-match': '"1"' })],
  ['a range', asked({ range: 'bytes=0-1' })],
  ['a wish of the cache', asked({ 'cache-control': 'no-cache' })],
  ['HEAD', asked({}, 'HEAD')],
])('leaves %s to the edge', async (_what, request) => {
  const edge = await edgeWithAnswer()
  expect(pictureHit(edge, request, key, 'shop')).toBeUndefined()
  expect(edge.stats().hits).toBe(0)
})

it('has nothing of another domain or another key', async () => {
  const edge = await edgeWithAnswer()
  expect(pictureHit(edge, asked(), key, 'rival')).toBeUndefined()
  expect(pictureHit(edge, asked(), `${key}b`, 'shop')).toBeUndefined()
})

it('has no body where there is none', async () => {
  const hit = pictureHit(await edgeWithAnswer(null), asked(), key, 'shop')
  expect([hit?.status, hit?.body]).toEqual([200, null])
})

import { describe, expect, it } from 'vitest'
import { createKit, ok, settle } from './testing/edge-test-kit.ts'

const fresh = { 'cache-control': 'max-age=3600', etag: '"v1"' }

describe('large answers', () => {
  const large = new Uint8Array(1000).fill(7)

  it.each([
    ['announced', { 'content-length': '1000' }],
    ['not announced', {}],
  ])('are streamed through and not stored: %s', async (_name, headers) => {
    const { get, calls, edge } = createKit(() => ok({ ...fresh, ...headers }, large), { maxObjectBytes: 999 })
    const response = await get('/a')
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), large)).toBe(0)
    expect(edge.stats().objects).toBe(0)
    await Promise.all([get('/a'), get('/a'), get('/a')].map(async (each) => (await each).arrayBuffer()))
    expect(calls).toHaveLength(4)
  })

  it('are cut into ranges by the origin', async () => {
    const { get, calls } = createKit(
      ({ request }) =>
        request.headers.has('range')
          ? new Response('77', { status: 206, headers: { 'content-range': 'bytes 0-1/1000' } })
          : ok({ ...fresh, 'content-length': '1000' }, large),
      { maxObjectBytes: 999 },
    )
    const part = await get('/a', { range: 'bytes=0-1' })
    expect([part.status, await part.text()]).toEqual([206, '77'])
    expect(calls).toHaveLength(2)
  })

  it('are not stored when they break off, and everybody who reads learns of it', async () => {
    const { get, edge } = createKit(() => ok({ ...fresh, 'content-length': '1001' }, large))
    const both = await Promise.all([get('/a'), get('/a')])
    for (const response of both) await expect(response.arrayBuffer()).rejects.toThrow('1000 of 1001 bytes')
    await settle()
    expect(edge.stats().objects).toBe(0)
  })

  it('streams an answer that is not for everyone as it comes', async () => {
    const source = new TransformStream<Uint8Array, Uint8Array>()
    const writer = source.writable.getWriter()
    const { get } = createKit(
      () => new Response(source.readable, { headers: { 'cache-control': 'no-store' } }),
    )
    const response = await get('/events')
    const reader = response.body?.getReader()
    void writer.write(new Uint8Array([1]))
    expect((await reader?.read())?.value).toEqual(new Uint8Array([1]))
    void writer.close()
    expect((await reader?.read())?.done).toBe(true)
  })
})

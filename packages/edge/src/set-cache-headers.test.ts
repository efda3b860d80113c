import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { cacheHeaders } from './cache-headers.ts'
import { setCacheHeaders } from './set-cache-headers.ts'

describe('cacheHeaders', () => {
  it('speaks to shared caches and to browsers apart', () => {
    const windows = { freshS: 3600, staleWhileRevalidateS: 86_400, staleIfErrorS: 604_800 }
    expect(cacheHeaders({ ...windows, tags: ['a b', 'c'] })).toEqual({
      'CDN-Cache-Control': 'public, max-age=3600, stale-while-revalidate=86400, stale-if-error=604800',
      'Cache-Control': 'public, max-age=60',
      'Cache-Tag': 'a%20b,c',
      'Surrogate-Key': 'a%20b c',
    })
    expect(cacheHeaders({ freshS: 31_536_000, immutable: true })).toEqual({
      'CDN-Cache-Control': 'public, max-age=31536000',
      'Cache-Control': 'public, max-age=31536000, immutable',
    })
    expect(cacheHeaders({ freshS: 10, browserS: 0 })['Cache-Control']).toBe('public, max-age=0')
    expect(cacheHeaders({ freshS: 10 })['Cache-Control']).toBe('public, max-age=10')
  })

  it('keeps a private answer from every shared cache', () => {
    expect(cacheHeaders({ freshS: 10, private: true, tags: ['a'] })).toEqual({
      'Cache-Control': 'private, max-age=10',
    })
  })

  it('never says s-maxage, and refuses times that are none', () => {
    expect(JSON.stringify(cacheHeaders({ freshS: 1, staleWhileRevalidateS: 1 }))).not.toContain('s-maxage')
    for (const freshS of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => cacheHeaders({ freshS })).toThrow(RangeError)
  })
})

describe('setCacheHeaders', () => {
  const options = { freshS: 60 }

  it.each([
    [200, {}, 'public, max-age=60'],
    [304, {}, 'public, max-age=60'],
    [404, {}, null],
    [500, {}, null],
    [200, { 'cache-control': 'no-store' }, 'no-store'],
  ] as [number, Record<string, string>, string | null][])(
    'in Hono, %d %j: %s',
    async (status, headers, expected) => {
      const context = { res: new Response(null, { status, headers }) }
      await setCacheHeaders.hono(options)(context, async () => undefined)
      expect(context.res.headers.get('cache-control')).toBe(expected)
    },
  )

  it.each([
    ['/implicit', 'public, max-age=60', 'public, max-age=60'],
    ['/explicit', 'public, max-age=60', 'public, max-age=60'],
    ['/error', null, null],
    ['/own', 'no-store', null],
    ['/own-late', 'no-store', null],
    ['/own-list', 'no-store', null],
  ])('in Express and node, %s: %s', async (path, cacheControl, cdnCacheControl) => {
    const middleware = setCacheHeaders.express(options)
    const server = createServer((request, response) => {
      middleware(request, response, () => {
        if (request.url === '/explicit') response.writeHead(200, { 'x-own': '1' })
        if (request.url === '/error') response.statusCode = 500
        if (request.url === '/own') response.setHeader('cache-control', 'no-store')
        if (request.url === '/own-late') response.writeHead(200, { 'cache-control': 'no-store' })
        if (request.url === '/own-list') response.writeHead(200, ['Cache-Control', 'no-store'])
        response.end('picture')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      const response = await fetch(`http://127.0.0.1:${port}${path}`)
      expect(await response.text()).toBe('picture')
      expect([response.headers.get('cache-control'), response.headers.get('cdn-cache-control')]).toEqual([
        cacheControl,
        cdnCacheControl,
      ])
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})

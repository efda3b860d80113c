import { setCacheHeaders } from '@darkroom/edge'
import { Hono } from 'hono'
import { expect, it } from 'vitest'

it.each([
  ['/pictures/a', 200, 'public, max-age=60', 'public, max-age=3600, stale-while-revalidate=60'],
  ['/pictures/own', 200, 'no-store', null],
  ['/pictures/broken', 500, null, null],
  ['/pictures/a/none', 404, null, null],
  ['/elsewhere', 200, null, null],
])('sets cache headers in a Hono application: %s', async (path, status, cacheControl, cdnCacheControl) => {
  const app = new Hono()
  app.use('/pictures/*', setCacheHeaders.hono({ freshS: 3600, staleWhileRevalidateS: 60 }))
  app.get('/pictures/own', (context) => context.text('x', 200, { 'Cache-Control': 'no-store' }))
  app.get('/pictures/broken', (context) => context.text('x', 500))
  app.get('/pictures/:name', (context) => context.text('x'))
  app.get('/elsewhere', (context) => context.text('x'))
  const response = await app.request(path)
  expect([
    response.status,
    response.headers.get('cache-control'),
    response.headers.get('cdn-cache-control'),
  ]).toEqual([status, cacheControl, cdnCacheControl])
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AccessPlatform } from './support/access-platform.ts'
import { startAccessPlatform } from './support/access-platform.ts'

/** Two projects that the operator lets share what they make, and one that shares nothing. */
let access: AccessPlatform
let shop: string
let outlet: string
let rival: string

beforeAll(async () => {
  access = await startAccessPlatform({ DARKROOM_SHARED_DOMAINS: 'catalogue=shop+outlet' })
  const rights = ['read', 'generate', 'purge']
  shop = await access.makeKey({ project: 'shop', rights })
  outlet = await access.makeKey({ project: 'outlet', rights })
  rival = await access.makeKey({ project: 'rival', rights })
})

afterAll(() => access.close())

const query = '/live/web?prompt=one+chair&size=64x64&format=png'

test('one generation serves both, records stay apart, and a takedown reaches both', async () => {
  await access.setScope({ project: 'outlet', name: 'web', maxTotal: 0 })
  const first = await access.ask(shop, query)
  const image = first.headers.get('x-image-id')
  // The other's budget is empty: what it is shown was generated for the first.
  const second = await access.ask(outlet, query)
  expect(second.status).toBe(200)
  expect(second.headers.get('x-image-id')).toBe(image)
  expect((await access.ask(rival, query)).headers.get('x-image-id')).not.toBe(image)
  const list = (await (await access.ask(outlet, '/v1/generations')).json()) as { items: unknown[] }
  expect(list.items).toHaveLength(0)
  expect((await access.ask(outlet, `/images/${image}`)).status).toBe(200)
  expect((await access.ask(rival, `/images/${image}`)).status).toBe(404)

  expect((await access.ask(rival, `/v1/images/${image}`, { method: 'DELETE' })).status).toBe(404)
  expect((await access.ask(outlet, query)).headers.get('x-cache-status')).toBe('HIT')
  expect((await access.ask(outlet, `/v1/images/${image}`, { method: 'DELETE' })).status).toBe(204)
  expect((await access.ask(shop, `/images/${image}`)).status).toBe(404)
  expect((await access.ask(shop, query, { method: 'HEAD' })).status).toBe(404)
  expect((await access.ask(outlet, query)).status).toBe(429)
  expect((await access.ask(shop, query)).headers.get('x-image-id')).not.toBe(image)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AccessPlatform } from './support/access-platform.ts'
import { startAccessPlatform } from './support/access-platform.ts'

interface CarouselRecord {
  id: string
  slides: { id: string; url: string }[]
  base: { image: string }
  workDetail: Record<string, { ran: number }>
}

let access: AccessPlatform
let keyA: string
let keyB: string
const body = {
  base: { prompt: 'a lighthouse', size: '512x512' },
  slides: [
    { kind: 'hook', title: 'Hello' },
    { kind: 'cta', title: 'Go', label: 'Now' },
  ],
}

beforeAll(async () => {
  access = await startAccessPlatform()
  const rights = ['read', 'generate', 'purge']
  keyA = await access.makeKey({ project: 'a', rights })
  keyB = await access.makeKey({ project: 'b', rights })
})

afterAll(() => access.close())

async function make(key: string): Promise<CarouselRecord> {
  const response = await access.ask(key, '/v1/carousels', { body, headers: { prefer: 'wait=60' } })
  expect(response.status).toBe(201)
  return (await response.json()) as CarouselRecord
}

test('carousels never cross projects: neither records, nor slides, nor bases, nor work', async () => {
  const ofA = await make(keyA)
  for (const path of ['', '.zip', '/events', '/slides/0']) {
    expect((await access.ask(keyA, `/v1/carousels/${ofA.id}${path}`)).status, path).toBe(200)
    expect((await access.ask(keyB, `/v1/carousels/${ofA.id}${path}`)).status, path).toBe(404)
    expect((await access.ask(undefined, `/v1/carousels/${ofA.id}${path}`)).status, path).toBe(401)
  }
  const change = { method: 'PATCH', body: { title: 'Mine' } }
  expect((await access.ask(keyB, `/v1/carousels/${ofA.id}/slides/0`, change)).status).toBe(404)
  const stolen = { ...body, base: { image: ofA.base.image } }
  const refused = await access.ask(keyB, '/v1/carousels', { body: stolen })
  expect(await refused.json()).toMatchObject({ status: 400, code: 'unknown_image' })
  // The same words in another project are other slides, drawn anew.
  const ofB = await make(keyB)
  expect(ofB.workDetail['overlays']?.ran).toBe(2)
  expect(ofB.slides[0]?.id).not.toBe(ofA.slides[0]?.id)
  const list = (await (await access.ask(keyB, '/v1/carousels')).json()) as { items: CarouselRecord[] }
  expect(list.items.map(({ id }) => id)).toEqual([ofB.id])
})

test('a key of one scope sees and makes carousels of that scope alone', async () => {
  const keyOfShop = await access.makeKey({ project: 'c', rights: ['read', 'generate'], scopes: ['shop'] })
  const keyOfAll = await access.makeKey({ project: 'c', rights: ['read', 'generate'] })
  const elsewhere = await make(keyOfAll)
  expect((await access.ask(keyOfShop, '/v1/carousels', { body })).status).toBe(403)
  expect((await access.ask(keyOfShop, `/v1/carousels/${elsewhere.id}`)).status).toBe(404)
  const own = await access.ask(keyOfShop, '/v1/carousels', { body: { ...body, scope: 'shop' } })
  expect(own.status).toBe(201)
  const list = (await (await access.ask(keyOfShop, '/v1/carousels')).json()) as { items: unknown[] }
  expect(list.items).toHaveLength(1)
})

test('nothing is made of a picture that a key may not see', async () => {
  const keyOfAll = await access.makeKey({ project: 'e', rights: ['read', 'generate'] })
  const keyOfShop = await access.makeKey({ project: 'e', rights: ['read', 'generate'], scopes: ['shop'] })
  const admin = await access.makeKey({ rights: ['admin'] })
  const scope = { name: 'vault', project: 'e', visibility: 'private' }
  expect((await access.ask(admin, '/v1/scopes', { body: scope })).status).toBe(200)
  const made = await access.ask(keyOfAll, '/v1/carousels', {
    body: { ...body, scope: 'vault', brand: { handle: 'vault' } },
    headers: { prefer: 'wait=60' },
  })
  const inVault = (await made.json()) as CarouselRecord
  for (const image of [inVault.base.image, inVault.slides[0]?.id]) {
    expect((await access.ask(keyOfShop, `/images/${image}`)).status).toBe(404)
    const asBase = { ...body, scope: 'shop', base: { image } }
    const asLogo = { ...body, scope: 'shop', brand: { logo: { image } } }
    for (const stolen of [asBase, asLogo]) {
      const refused = await access.ask(keyOfShop, '/v1/carousels', { body: stolen })
      expect(await refused.json()).toMatchObject({ status: 400, code: 'unknown_image' })
    }
    const allowed = await access.ask(keyOfAll, '/v1/carousels', { body: { ...body, base: { image } } })
    expect(allowed.status).toBe(201)
  }
})

test("a takedown of another project's picture drops none of its slides from the cache", async () => {
  const { base, slides } = await make(keyA)
  const path = `/images/${slides[0]?.id}`
  const cached = async (): Promise<string | null> =>
    (await access.ask(keyA, path)).headers.get('x-cache-status')
  await cached()
  expect(await cached()).toBe('HIT')
  const refused = await access.ask(keyB, `/v1/images/${base.image}`, { method: 'DELETE' })
  expect(refused.status).toBe(404)
  expect(await cached()).toBe('HIT')
  expect((await access.ask(keyA, `/v1/images/${base.image}`, { method: 'DELETE' })).status).toBe(204)
  expect((await access.ask(keyA, path)).status).toBe(404)
})

test('a key that may only read changes nothing', async () => {
  const reader = await access.makeKey({ project: 'a', rights: ['read'] })
  expect((await access.ask(reader, '/v1/carousels', { body })).status).toBe(403)
  expect((await access.ask(reader, '/v1/carousels')).status).toBe(200)
})

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

test('a key that may only read changes nothing', async () => {
  const reader = await access.makeKey({ project: 'a', rights: ['read'] })
  expect((await access.ask(reader, '/v1/carousels', { body })).status).toBe(403)
  expect((await access.ask(reader, '/v1/carousels')).status).toBe(200)
})

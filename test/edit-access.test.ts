import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AccessPlatform } from './support/access-platform.ts'
import { startAccessPlatform } from './support/access-platform.ts'

let access: AccessPlatform
let keyA: string
let keyB: string

beforeAll(async () => {
  access = await startAccessPlatform({
    DARKROOM_MODELS: 'default=simulated-gpu:sim-1',
    DARKROOM_SIMULATED_GPU: 'spinUpMs=0,loadMs=0,stepMs=0,steps=2',
  })
  keyA = await access.makeKey({ project: 'a', rights: ['read', 'generate', 'purge'] })
  keyB = await access.makeKey({ project: 'b', rights: ['read', 'generate'] })
})

afterAll(() => access.close())

interface Made {
  status: string
  images: { id: string; key: string }[]
}

async function generate(key: string, body: object): Promise<{ status: number; made: Made }> {
  const response = await access.ask(key, '/v1/generations', {
    body: { prompt: 'mine', size: '64x64', ...body },
  })
  return { status: response.status, made: (await response.json()) as Made }
}

test('a picture of another project cannot be started from, as image, mask or reference', async () => {
  const { made } = await generate(keyA, {})
  const image = { image: made.images[0]?.id ?? '' }
  expect((await generate(keyA, { image })).status).toBe(201)
  for (const body of [{ image }, { references: [image] }, { references: [image, image] }]) {
    const refused = await generate(keyB, body)
    expect(refused).toMatchObject({ status: 400, made: { code: 'unknown_image' } })
  }
})

test('a key of one scope cannot start from a picture of another scope', async () => {
  await access.setScope({ project: 'a', name: 'blog', visibility: 'private' })
  const { made } = await generate(keyA, { prompt: 'of the blog', scope: 'blog' })
  const keyOfShop = await access.makeKey({ project: 'a', rights: ['read', 'generate'], scopes: ['shop'] })
  const image = { image: made.images[0]?.id ?? '' }
  expect(await generate(keyOfShop, { scope: 'shop', image })).toMatchObject({ status: 400 })
  expect((await generate(keyA, { scope: 'blog', image })).status).toBe(201)
})

test('a picture that was taken down is not started from any more', async () => {
  const { made } = await generate(keyA, { prompt: 'to be taken down' })
  const id = made.images[0]?.id ?? ''
  expect((await access.ask(keyA, `/v1/images/${id}`, { method: 'DELETE' })).status).toBe(204)
  expect(await generate(keyA, { image: { image: id } })).toMatchObject({
    status: 400,
    made: { code: 'unknown_image' },
  })
})

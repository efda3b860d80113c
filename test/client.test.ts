import { createHash } from 'node:crypto'
import { ApiError, createClient } from '@darkroom/client'
import type { Client } from '@darkroom/client'
import { createDarkroom } from '@darkroom/client/ai-sdk'
import { signUrl } from '@darkroom/client/signed-urls'
import { generateImage } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccessPlatform } from './support/access-platform.ts'
import { startAccessPlatform } from './support/access-platform.ts'
import { makePhoto } from './support/photo-origin.ts'

/** The typed client and the AI SDK provider against the whole platform, with keys on. */
let access: AccessPlatform
let client: Client
let signingKey: string
let key: string
const baseUrl = 'http://pictures.example'
/** Every request that a client sent. */
const sent: Request[] = []

function throughPlatform(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init)
  sent.push(request.clone())
  return access.platform.fetch(request)
}

beforeAll(async () => {
  access = await startAccessPlatform()
  key = await access.makeKey({ project: 'shop', rights: ['read', 'generate', 'purge'] })
  signingKey = await access.makeKey({ project: 'shop', kind: 'signing' })
  client = createClient({ baseUrl, key, fetch: throughPlatform })
})

afterAll(() => access.close())

const slides = [
  { kind: 'hook' as const, title: 'One photograph' },
  { kind: 'point' as const, title: 'Six slides' },
]

describe('the client', () => {
  test('generates, and gives the bytes of what it made', async () => {
    const generation = await client.generate({ prompt: 'a red sailboat', size: '64x64', seed: 3, n: 2 })
    expect(generation).toMatchObject({ status: 'stored', prompt: 'a red sailboat' })
    expect(generation.images.map((image) => image.seed)).toEqual([3, 4])
    const [first] = generation.images
    const response = await client.image(first?.id ?? '', { format: 'png', w: 32 })
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(await client.generations.get(generation.id)).toEqual(generation)
  })

  test('one idempotency key is one request', async () => {
    const ask = { prompt: 'asked twice', size: '64x64' }
    const first = await client.generate(ask, { idempotencyKey: 'order-17' })
    const second = await client.generate(ask, { idempotencyKey: 'order-17' })
    expect(second.id).toBe(first.id)
    await expect(client.generate({ ...ask, seed: 9 }, { idempotencyKey: 'order-17' })).rejects.toMatchObject({
      status: 422,
      code: 'idempotency_mismatch',
    })
  })

  test('events come in order, from where the caller was on, until the end', async () => {
    const { id } = await client.generations.create({ prompt: 'a lighthouse', size: '64x64' })
    const events = []
    for await (const event of client.generations.events(id)) events.push(event)
    expect(events[0]).toMatchObject({ type: 'queued', image: 0 })
    expect(events.at(-1)?.type).toBe('stored')
    const rest = []
    for await (const event of client.generations.events(id, { lastEventId: events[0]?.id })) rest.push(event)
    expect(rest).toEqual(events.slice(1))
    expect((await client.generations.settled(id)).status).toBe('stored')
  })

  test('lists page by page', async () => {
    const wanted = new Set<string>()
    for (let seed = 0; seed < 3; seed++) {
      wanted.add((await client.generate({ prompt: 'listed', size: '64x64', seed })).id)
    }
    const found: string[] = []
    for await (const each of client.generations.list({ pageSize: 2, search: 'listed' })) found.push(each.id)
    expect(new Set(found)).toEqual(wanted)
    expect(found).toHaveLength(3)
  })

  test('a carousel of a file, one slide changed, as a ZIP', async () => {
    const photo = new Blob([new Uint8Array(await makePhoto(540, 675))], { type: 'image/jpeg' })
    const carousel = await client.carousel({ file: photo, slides, size: '540x675' })
    expect(carousel.slides.map((slide) => slide.status)).toEqual(['stored', 'stored'])
    const edited = await client.carousels.editSlide(carousel.id, 1, { title: 'Six, made once' })
    expect(edited.slides[1]?.title).toBe('Six, made once')
    expect(edited.slides[0]?.url).toBe(carousel.slides[0]?.url)
    const zip = await client.carousels.zip(carousel.id)
    expect(zip.headers.get('content-type')).toBe('application/zip')
    expect((await zip.arrayBuffer()).byteLength).toBeGreaterThan(1000)
  })

  test('an upload of the same bytes has the same id, and is a base', async () => {
    const bytes = new Uint8Array(await makePhoto(540, 675, '#884466'))
    const first = await client.upload(bytes, { mediaType: 'image/jpeg' })
    const second = await client.upload(new Blob([bytes], { type: 'image/jpeg' }))
    expect(second).toEqual(first)
    const carousel = await client.carousel({ base: { image: first.id }, slides, size: '540x675' })
    expect(carousel.base.image).toBe(first.id)
    await client.deleteImage(first.id)
    await expect(client.image(first.id)).rejects.toMatchObject({ status: 404, code: 'not_found' })
  })

  test('a purge makes the next ask a miss', async () => {
    const url = client.liveUrl('posters', { prompt: 'purged', size: '64x64', format: 'png' })
    const path = url.slice(baseUrl.length)
    await access.ask(key, path)
    expect((await access.ask(key, path)).headers.get('x-cache-status')).toBe('HIT')
    await client.purge({ tags: ['scope:posters'] })
    expect((await access.ask(key, path)).headers.get('x-cache-status')).toBe('MISS')
  })

  test('a refusal is an error that says what to change', async () => {
    const refused = await client.generate({ prompt: 'x', size: '9x9' }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ApiError)
    expect(refused).toMatchObject({ status: 400, code: 'invalid_request', param: 'size' })
    expect((refused as ApiError).requestId).toMatch(/\w/u)
    const stranger = createClient({ baseUrl, fetch: throughPlatform })
    await expect(stranger.generations.get('req_x')).rejects.toMatchObject({ code: 'unauthorized' })
  })

  test('a caller that leaves is told nothing more', async () => {
    const leaving = new AbortController()
    const asked = client.generate({ prompt: 'left', size: '64x64' }, { signal: leaving.signal })
    leaving.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
  })

  test('signed URLs let strangers in', async () => {
    const url = client.liveUrl('posters', { prompt: 'it’s (50%) *new*', size: '64x64' })
    const signed = signUrl(url, { key: signingKey, expiresAt: new Date(Date.now() + 60_000) })
    expect((await access.platform.fetch(new Request(url))).status).toBe(401)
    expect((await access.platform.fetch(new Request(signed))).status).toBe(200)
  })
})

describe('the AI SDK provider', () => {
  test('generateImage makes the picture that the API makes', async () => {
    const darkroom = createDarkroom({ baseUrl, key, fetch: throughPlatform })
    const result = await generateImage({
      model: darkroom('default'),
      prompt: 'a quiet harbour',
      size: '64x64',
      seed: 5,
      providerOptions: { darkroom: { tags: ['spring'] } },
    })
    expect(result.image.mediaType).toBe('image/png')
    const same = await client.generate({ prompt: 'a quiet harbour', size: '64x64', seed: 5 })
    const bytes = await (await client.image(same.images[0]?.id ?? '', { format: 'png' })).arrayBuffer()
    expect(hashOf(result.image.uint8Array)).toBe(hashOf(new Uint8Array(bytes)))
    expect(result.providerMetadata['darkroom']?.images).toMatchObject([{ id: same.images[0]?.id, seed: 5 }])
  })

  test('many pictures, an aspect ratio, and a warning of what is not sent', async () => {
    const darkroom = createDarkroom({ baseUrl, key, fetch: throughPlatform })
    const before = sent.length
    const result = await generateImage({
      model: darkroom.image('default'),
      prompt: 'seagulls',
      aspectRatio: '1:1',
      n: 2,
      headers: { 'x-mine': '1' },
    })
    expect(result.images).toHaveLength(2)
    expect(result.warnings).toContainEqual(
      expect.objectContaining({ type: 'unsupported', feature: 'headers' }),
    )
    const posts = sent.slice(before).filter((request) => request.method === 'POST')
    expect(posts).toHaveLength(1)
  })
})

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

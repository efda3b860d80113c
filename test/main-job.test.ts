import { inspectPicture } from '@darkroom/picture'
import { hash } from 'node:crypto'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ServerProcess } from './support/server-process.ts'
import { bodyHash, makeDataDir, removeDataDir, startServer } from './support/server-process.ts'

interface GenerationRecord {
  id: string
  status: string
  images: { id: string; url: string; key: string; seed: number; status: string; warnings: string[] }[]
}

let server: ServerProcess
let dataDir: string

beforeAll(async () => {
  dataDir = await makeDataDir()
  server = await startServer({ dataDir })
})

afterAll(async () => {
  const code = await server.end('SIGINT')
  await removeDataDir(dataDir)
  expect(code).toBe(0)
})

function live(query: string, init?: RequestInit): Promise<Response> {
  return fetch(`${server.url}/live/demo?${query}`, init)
}

async function requestsCount(): Promise<number> {
  const answer = await fetch(`${server.url}/v1/generations?limit=100`)
  return ((await answer.json()) as { items: unknown[] }).items.length
}

async function postGeneration(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${server.url}/v1/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

describe('the main job, on the real server', () => {
  test('a prompt becomes a picture of the size and format asked for, and is then served from the edge', async () => {
    const query = 'prompt=a+red+sailboat+at+sunset&size=1024x768&format=jpeg'
    const first = await live(query)
    expect(first.status).toBe(200)
    expect(first.headers.get('content-type')).toBe('image/jpeg')
    expect(first.headers.get('x-cache-status')).toBe('MISS')
    expect(first.headers.get('server-timing')).toMatch(/generate;dur=/u)
    const bytes = new Uint8Array(await first.arrayBuffer())
    expect(await inspectPicture(bytes)).toMatchObject({
      format: 'jpeg',
      widthPx: 1024,
      heightPx: 768,
      digitalSourceType: 'algorithmicMedia',
    })

    const second = await live('format=jpeg&size=1024x768&prompt=%20a%20red++sailboat+at+sunset')
    expect(second.headers.get('x-cache-status')).toBe('HIT')
    expect(second.headers.get('cache-status')).toMatch(/^darkroom; hit/u)
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'))
    expect(await bodyHash(second)).toBe(hash('sha256', bytes, 'hex'))

    const etag = first.headers.get('etag') ?? ''
    const third = await live(query, { headers: { 'if-none-match': etag } })
    expect(third.status).toBe(304)
    expect(await third.text()).toBe('')
    expect(await requestsCount()).toBe(1)

    const webp = await live('prompt=a+red+sailboat+at+sunset&size=1024x768&format=webp')
    expect(webp.headers.get('content-type')).toBe('image/webp')
    expect(webp.headers.get('x-image-id')).toBe(first.headers.get('x-image-id'))
    expect(await requestsCount()).toBe(1)
  })

  test('another seed is another picture', async () => {
    const one = await live('prompt=a+red+sailboat+at+sunset&size=256x256&format=png')
    const other = await live('prompt=a+red+sailboat+at+sunset&size=256x256&format=png&seed=1')
    expect(other.headers.get('x-image-seed')).toBe('1')
    expect(await bodyHash(other)).not.toBe(await bodyHash(one))
  })

  test('HEAD makes nothing, and describes what is there', async () => {
    const query = 'prompt=a+lighthouse+in+fog&size=256x256&format=png'
    expect((await live(query, { method: 'HEAD' })).status).toBe(404)
    const picture = await live(query)
    await picture.arrayBuffer()
    const head = await live(query, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('etag')).toBe(picture.headers.get('etag'))
    expect(head.headers.get('content-length')).toBe(picture.headers.get('content-length'))
  })

  test('a stored picture has variants, ranges and a year', async () => {
    const picture = await live('prompt=a+tree+on+a+hill&size=512x512&format=png')
    const id = picture.headers.get('x-image-id') ?? ''
    await picture.arrayBuffer()
    const variant = await fetch(`${server.url}/images/${id}.jpg?w=200&h=100&fit=cover`)
    expect(variant.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(await inspectPicture(new Uint8Array(await variant.arrayBuffer()))).toMatchObject({
      format: 'jpeg',
      widthPx: 200,
      heightPx: 100,
      digitalSourceType: 'algorithmicMedia',
    })
    const part = await fetch(`${server.url}/images/${id}`, { headers: { range: 'bytes=0-7' } })
    expect(part.status).toBe(206)
    expect([...new Uint8Array(await part.arrayBuffer())]).toEqual([137, 80, 78, 71, 13, 10, 26, 10])
  })

  test('the native API: wait, n pictures, respond-async, events, list, cursor, search', async () => {
    const answer = await postGeneration({
      prompt: 'three birds over dunes',
      size: '256x256',
      n: 2,
      tags: ['spring'],
    })
    expect(answer.status).toBe(201)
    const record = (await answer.json()) as GenerationRecord
    expect(record).toMatchObject({ status: 'stored', tags: ['spring'], model: 'default' })
    expect(record.images.map((image) => image.seed)).toEqual([0, 1])
    expect(new Set(record.images.map((image) => image.key)).size).toBe(2)

    const accepted = await postGeneration(
      { prompt: 'a cat in the snow', size: '256x256' },
      { prefer: 'respond-async' },
    )
    expect(accepted.status).toBe(202)
    expect(accepted.headers.get('preference-applied')).toBe('respond-async')
    const location = accepted.headers.get('location') ?? ''
    const events = await (await fetch(`${server.url}${location}/events`)).text()
    const types = [...events.matchAll(/^event: (\w+)$/gmu)].map((match) => match[1])
    expect(types[0]).toBe('queued')
    expect(types).toContain('started')
    expect(types.at(-1)).toBe('stored')
    const lastId = [...events.matchAll(/^id: (\S+)$/gmu)].at(-1)?.[1] ?? ''
    const replay = await fetch(`${server.url}${location}/events`, {
      headers: { 'last-event-id': String(Number(lastId) - 1) },
    })
    expect([...(await replay.text()).matchAll(/^event: (\w+)$/gmu)].map((match) => match[1])).toEqual([
      'stored',
    ])

    const found = (await (await fetch(`${server.url}/v1/generations?q=CAT+IN`)).json()) as {
      items: GenerationRecord[]
    }
    expect(found.items).toHaveLength(1)
    const page = (await (await fetch(`${server.url}/v1/generations?limit=1`)).json()) as {
      items: GenerationRecord[]
      nextCursor: string
    }
    const next = (await (
      await fetch(`${server.url}/v1/generations?limit=1&cursor=${page.nextCursor}`)
    ).json()) as {
      items: GenerationRecord[]
    }
    expect(next.items[0]?.id).not.toBe(page.items[0]?.id)
  })

  test('an idempotency key does its work once', async () => {
    const send = (prompt: string): Promise<Response> =>
      postGeneration({ prompt, size: '128x128' }, { 'idempotency-key': 'order-17' })
    const first = (await (await send('a red door')).json()) as GenerationRecord
    const repeat = (await (await send('a red door')).json()) as GenerationRecord
    expect(repeat.id).toBe(first.id)
    expect((await send('a blue door')).status).toBe(422)
  })

  test('regenerate starts the next revision; a takedown removes the picture everywhere', async () => {
    const record = (await (
      await postGeneration({ prompt: 'a balloon', size: '128x128' })
    ).json()) as GenerationRecord
    const again = await fetch(`${server.url}/v1/generations/${record.id}/regenerate`, { method: 'POST' })
    expect(again.status).toBe(201)
    const next = (await again.json()) as GenerationRecord
    expect(next.images[0]?.key).toBe(record.images[0]?.key)
    expect(next.images[0]?.id).not.toBe(record.images[0]?.id)

    const url = `${server.url}/images/${next.images[0]?.id}`
    expect((await fetch(url)).status).toBe(200)
    const path = `${server.url}/v1/images/${next.images[0]?.id}`
    expect((await fetch(path, { method: 'DELETE' })).status).toBe(204)
    expect((await fetch(url)).status).toBe(404)
    expect((await fetch(path, { method: 'DELETE' })).status).toBe(404)
  })

  test('uploads are stored once and served', async () => {
    const picture = await live('prompt=a+house&size=128x128&format=png')
    const bytes = await picture.arrayBuffer()
    const send = (): Promise<Response> =>
      fetch(`${server.url}/v1/uploads`, {
        method: 'POST',
        headers: { 'content-type': 'image/png' },
        body: bytes,
      })
    const first = (await (await send()).json()) as { id: string; url: string; width: number }
    expect(first.width).toBe(128)
    expect(((await (await send()).json()) as { id: string }).id).toBe(first.id)
    expect(await bodyHash(await fetch(`${server.url}${first.url}`))).toBe(
      hash('sha256', new Uint8Array(bytes), 'hex'),
    )
    const form = new FormData()
    form.set('file', new Blob([bytes]), 'a.png')
    expect((await fetch(`${server.url}/v1/uploads`, { method: 'POST', body: form })).status).toBe(201)
    const junk = await fetch(`${server.url}/v1/uploads`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: '<html>',
    })
    expect(junk.status).toBe(415)
  })

  test("OpenAI's client works unchanged", async () => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'unused', maxRetries: 0 })
    const two = await client.images.generate({
      prompt: 'a fox',
      n: 2,
      size: '256x256',
      response_format: 'b64_json',
    })
    expect(two.data).toHaveLength(2)
    for (const image of two.data ?? []) {
      const facts = await inspectPicture(Buffer.from(image.b64_json ?? '', 'base64'))
      expect(facts).toMatchObject({ format: 'png', widthPx: 256, heightPx: 256 })
    }
    const byUrl = await client.images.generate({ prompt: 'a fox', size: '256x256', response_format: 'url' })
    expect((await fetch(byUrl.data?.[0]?.url ?? '')).status).toBe(200)
    expect((await client.models.list()).data.map((model) => model.id)).toContain('default')
    await expect(client.images.generate({ prompt: '' })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_request',
    })

    const stream = await client.images.generate({
      prompt: 'a fox at night',
      size: '1024x1024',
      stream: true,
      partial_images: 2,
      output_format: 'jpeg',
    })
    const types = []
    for await (const event of stream) types.push(event.type)
    expect(types.at(-1)).toBe('image_generation.completed')
    expect(types.slice(0, -1).every((type) => type === 'image_generation.partial_image')).toBe(true)
  })

  test('the contract and the pages beside it are served', async () => {
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      paths: Record<string, unknown>
    }
    expect(Object.keys(document.paths)).toContain('/live/{scope}')
    for (const path of ['/v1/ledger', '/metrics', '/dashboard/', '/docs']) {
      expect((await fetch(`${server.url}${path}`)).status).toBe(200)
    }
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    expect(await (await fetch(server.url)).text()).toContain('<textarea')
  })
})

import { createCanvas } from '@napi-rs/canvas'
import type OpenAI from 'openai'
import { toFile } from 'openai'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { expect, test } from 'vitest'
import { schemasOrSkip } from '../packages/server/src/backends/openai/testing/openai-schema.ts'
import { openAIClientOf } from './support/openai-client.ts'
import { useTestPlatform } from './support/test-platform.ts'

const platform = useTestPlatform({
  DARKROOM_MODELS: 'default=simulated-gpu:sim-1',
  // Long enough for several previews, each half a second after the one before.
  DARKROOM_SIMULATED_GPU: 'spinUpMs=0,loadMs=0,stepMs=100,steps=20',
})
const client = openAIClientOf(platform)

/** Of a base64 picture that is a PNG. */
function pngSize(base64: string): [number, number] {
  const bytes = Buffer.from(base64, 'base64')
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
}

test('a stream has as many partial images as were asked for, small, and then the whole one', async () => {
  const stream = await client.images.generate({
    prompt: 'streamed',
    stream: true,
    partial_images: 2,
    size: '1024x1024',
  })
  const events: OpenAI.ImageGenStreamEvent[] = []
  for await (const event of stream) events.push(event)
  const partials = events.filter((event) => event.type === 'image_generation.partial_image')
  expect(partials.map((event) => event.partial_image_index)).toEqual([0, 1])
  for (const { b64_json: base64 } of partials) expect(Math.max(...pngSize(base64))).toBeLessThanOrEqual(256)
  const last = events.at(-1)
  expect(events).toHaveLength(3)
  expect(last?.type).toBe('image_generation.completed')
  expect(pngSize(last?.b64_json ?? '')).toEqual([1024, 1024])
})

test('the events are valid against OpenAI’s schemas', async (context) => {
  const faultsOf = schemasOrSkip(context)
  const request = { prompt: 'streamed', stream: true, partial_images: 1, size: '1024x1024' } as const
  const stream = await client.images.generate({ ...request, prompt: 'valid events' })
  for await (const event of stream) {
    const name =
      event.type === 'image_generation.completed' ? 'ImageGenCompletedEvent' : 'ImageGenPartialImageEvent'
    expect(faultsOf(name, event)).toEqual([])
  }
})

test('each event says which of n pictures it is of, and which id that has', async () => {
  const request = { prompt: 'three at once', n: 3, stream: true, partial_images: 1, size: '256x256' } as const
  const completed: unknown[] = []
  const partials = new Map<number, unknown>()
  const ids = new Map<number, string>()
  const place = z.looseObject({ image_index: z.int(), image_id: z.string(), b64_json: z.string() })
  for await (const event of await client.images.generate(request)) {
    const { image_index: index, image_id: id, b64_json: base64 } = place.parse(event)
    expect(ids.get(index) ?? id).toBe(id)
    ids.set(index, id)
    if (event.type === 'image_generation.partial_image') partials.set(index, event.partial_image_index)
    else completed.push([index, createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex')])
  }
  expect([...partials.keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 2])
  expect(new Set(ids.values()).size).toBe(3)
  const stored = await Promise.all(
    [0, 1, 2].map(async (index) => {
      const picture = await platform.fetch(new Request(`http://127.0.0.1/images/${ids.get(index)}.png`))
      const bytes = Buffer.from(await picture.arrayBuffer())
      return [index, createHash('sha256').update(bytes).digest('hex')]
    }),
  )
  expect(completed).toEqual(stored)
})

test('natively each event has the index and the id of its picture', async () => {
  const accepted = await platform.fetch(
    new Request('http://127.0.0.1/v1/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify({ prompt: 'two native ones', n: 2, size: '64x64' }),
    }),
  )
  const { id, images } = (await accepted.json()) as { id: string; images: { id: string }[] }
  const stream = await platform.fetch(new Request(`http://127.0.0.1/v1/generations/${id}/events`))
  const told = (await stream.text())
    .split('\n')
    .flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6)) as Told] : []))
  expect(new Set(told.map(({ index, imageId }) => `${index} ${imageId}`))).toEqual(
    new Set(images.map((image, index) => `${index} ${image.id}`)),
  )
})

interface Told {
  index: number
  imageId: string
}

test('natively: previews at most twice a second, never stored as pictures, then the end', async () => {
  const accepted = await platform.fetch(
    new Request('http://127.0.0.1/v1/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify({ prompt: 'previews', size: '512x512' }),
    }),
  )
  const { id } = (await accepted.json()) as { id: string }
  const startedAt = performance.now()
  const stream = await platform.fetch(new Request(`http://127.0.0.1/v1/generations/${id}/events`))
  const text = await stream.text()
  const previews = text.split('\n').filter((line) => line === 'event: preview')
  expect(previews.length).toBeGreaterThanOrEqual(2)
  expect(previews.length).toBeLessThanOrEqual(1 + Math.floor((performance.now() - startedAt) / 500))
  expect(text).toContain('event: stored')
})

test('an edit streams its own events', async () => {
  const png = createCanvas(256, 256).toBuffer('image/png')
  const stream = await client.images.edit({
    image: await toFile(png, 'a.png', { type: 'image/png' }),
    prompt: 'an edit',
    stream: true,
    partial_images: 1,
    output_format: 'webp',
  })
  const events: OpenAI.ImageEditStreamEvent[] = []
  for await (const event of stream) events.push(event)
  expect(events.map(({ type }) => type)).toEqual(['image_edit.partial_image', 'image_edit.completed'])
  for (const { b64_json: base64, output_format: format } of events) {
    expect(format).toBe('webp')
    expect(Buffer.from(base64, 'base64').subarray(8, 12).toString('latin1')).toBe('WEBP')
  }
})

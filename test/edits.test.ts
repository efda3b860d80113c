import { createCanvas } from '@napi-rs/canvas'
import type OpenAI from 'openai'
import { toFile } from 'openai'
import { hash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { openAIClientOf } from './support/openai-client.ts'
import { useTestPlatform } from './support/test-platform.ts'

const platform = useTestPlatform({
  DARKROOM_MODELS: 'default=simulated-gpu:sim-1,sketch=sketch:sketch-1',
  DARKROOM_SIMULATED_GPU: 'spinUpMs=0,loadMs=0,stepMs=2,steps=4',
  DARKROOM_OUTBOUND_ALLOW: '127.0.0.0/8',
})
const client = openAIClientOf(platform)

interface Record {
  id: string
  status: string
  code: string
  detail: string
  images: { id: string; key: string; width: number; height: number; url: string }[]
}

function picture(color: string, side = 64, transparent = false): Buffer {
  const canvas = createCanvas(side, side)
  const context = canvas.getContext('2d')
  context.fillStyle = color
  context.fillRect(0, 0, side, side)
  if (transparent) context.clearRect(0, 0, side / 2, side)
  return canvas.toBuffer('image/png')
}

const file = (bytes: Buffer, name: string): Promise<File> => toFile(bytes, name, { type: 'image/png' })

async function post(body: object | FormData): Promise<{ status: number; record: Record }> {
  const init: RequestInit =
    body instanceof FormData
      ? { method: 'POST', body }
      : {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }
  const response = await platform.fetch(new Request('http://127.0.0.1/v1/generations', init))
  return { status: response.status, record: (await response.json()) as Record }
}

async function upload(bytes: Buffer): Promise<string> {
  const request = new Request('http://127.0.0.1/v1/uploads', {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: new Uint8Array(bytes),
  })
  return ((await (await platform.fetch(request)).json()) as { id: string }).id
}

describe('edits with the official client', () => {
  test('an image, a mask and references give a picture of the size of the image', async () => {
    const answer = await client.images.edit({
      image: [await file(picture('red', 96), 'a.png'), await file(picture('blue', 40), 'b.png')],
      mask: await file(picture('white', 96, true), 'mask.png'),
      prompt: 'a hat',
    })
    const bytes = Buffer.from(answer.data?.[0]?.b64_json ?? '', 'base64')
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([96, 96])
    // What the mask keeps is still the image.
    expect(await pixelOf(bytes, 90, 48)).toEqual([255, 0, 0])
    expect(await pixelOf(bytes, 10, 48)).not.toEqual([255, 0, 0])
  })

  test('equal edits share their picture, another image has another', async () => {
    const edit = async (color: string): Promise<string> => {
      const answer = await client.images.edit({
        image: await file(picture(color), 'a.png'),
        prompt: 'shared edit',
        response_format: 'url',
      })
      return answer.data?.[0]?.url ?? ''
    }
    const [first, second, third] = [await edit('red'), await edit('red'), await edit('green')]
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  test('a stream has partial images and a completed event of the edit', async () => {
    const stream = await client.images.edit({
      image: await file(picture('navy'), 'a.png'),
      prompt: 'streamed edit',
      stream: true,
      partial_images: 1,
    })
    const types: string[] = []
    for await (const event of stream) types.push(event.type)
    expect(types).toEqual(['image_edit.partial_image', 'image_edit.completed'])
  })

  test('n pictures, and what is refused says what to change', async () => {
    const image = await file(picture('red'), 'a.png')
    const two = await client.images.edit({ image, prompt: 'two', n: 2, size: '256x256' })
    expect(two.data).toHaveLength(2)
    const refused = async (fields: object): Promise<unknown> =>
      client.images.edit({ image, prompt: 'refused', ...fields }).catch((error: unknown) => error)
    expect(await refused({ model: 'sketch' })).toMatchObject({
      status: 422,
      message: expect.stringContaining('these can: default'),
    })
    const small = await file(picture('white', 32, true), 'mask.png')
    expect(await refused({ mask: small })).toMatchObject({ status: 400, param: 'mask' })
    const opaque = await file(Buffer.from(await jpegOf(64)), 'mask.jpg')
    expect(await refused({ mask: opaque })).toMatchObject({ status: 400, param: 'mask' })
    expect(await refused({ image: await file(Buffer.from('no picture'), 'a.png') })).toMatchObject({
      status: 415,
    })
    expect(await refused({ n: 'many' })).toMatchObject({ status: 400 })
  })
})

describe('native edits', () => {
  test('by id, by URL and by upload: the same bytes are the same picture', async () => {
    const bytes = picture('orange')
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' }).end(bytes)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const ask = { prompt: 'three ways', strength: 0.5 }
      const byId = await post({ ...ask, image: { image: await upload(bytes) } })
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.png`
      const byUrl = await post({ ...ask, image: { url } })
      const form = new FormData()
      form.set('generation', JSON.stringify(ask))
      form.set('image', new Blob([new Uint8Array(bytes)]), 'a.png')
      const byFile = await post(form)
      const keys = [byId, byUrl, byFile].map(({ record }) => record.images[0]?.key)
      expect([byId.status, byUrl.status, byFile.status]).toEqual([201, 201, 201])
      expect(new Set(keys).size).toBe(1)
      expect(byId.record.images[0]).toMatchObject({ width: 64, height: 64 })
      const other = await post({ ...ask, strength: 0.6, image: { url } })
      expect(other.record.images[0]?.key).not.toBe(keys[0])
    } finally {
      server.close()
    }
  })

  test.each([
    [{ image: { image: `img_${'A'.repeat(32)}` } }, 400, 'unknown_image'],
    [{ image: { url: 'http://10.0.0.1/a.png' } }, 422, 'base_forbidden'],
    [{ image: { url: 'file:///etc/passwd' } }, 400, 'invalid_request'],
    [{ image: { url: 'http://a.example/', image: `img_${'A'.repeat(32)}` } }, 400, 'invalid_request'],
    [{ mask: { url: 'http://127.0.0.1:9/' } }, 400, 'invalid_request'],
    [{ strength: 0.5 }, 400, 'invalid_request'],
    [{ steps: 0 }, 400, 'invalid_request'],
    [
      { references: Array.from({ length: 5 }, () => ({ url: 'http://127.0.0.1:9/' })) },
      422,
      'unsupported_by_backend',
    ],
    [{ model: 'sketch', image: { url: 'http://127.0.0.1:9/' } }, 422, 'unsupported_by_backend'],
  ])('%j is refused', async (fields, status, code) => {
    const answer = await post({ prompt: 'refused', ...fields })
    expect(answer.status).toBe(status)
    expect(answer.record.code).toBe(code)
  })
})

describe('variations with the official client', () => {
  const vary = async (fields: object = {}): Promise<OpenAI.Images.ImagesResponse> =>
    client.images.createVariation({ image: await file(picture('red', 96), 'a.png'), ...fields })
  const urls = ({ data = [] }: OpenAI.Images.ImagesResponse): (string | undefined)[] =>
    data.map(({ url }) => url)

  test('are n other pictures of the image’s size, made of it and of no prompt', async () => {
    const answer = await vary({ n: 2, response_format: 'b64_json', user: 'somebody' })
    const pictures = (answer.data ?? []).map((each) => Buffer.from(each.b64_json ?? '', 'base64'))
    expect(pictures).toHaveLength(2)
    for (const bytes of pictures) expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([96, 96])
    const [first, second] = pictures.map((bytes) => hash('sha256', bytes))
    expect(first).not.toBe(second)
    expect(answer.data?.[0]?.url).toBeUndefined()
    const sized = await vary({ size: '256x256', response_format: 'url' })
    expect(urls(sized)[0]).toMatch(/^http:\/\/127\.0\.0\.1\/images\/img_/u)
  })

  test('asked for by ten at once are one generation; another seed is another', async () => {
    const image = picture('teal', 80)
    const asked = async (): Promise<string[]> =>
      urls(await client.images.createVariation({ image: await file(image, 'a.png') })).map(String)
    const answers = await Promise.all(Array.from({ length: 10 }, asked))
    expect(new Set(answers.flat()).size).toBe(1)
    const listed = await platform.fetch(new Request('http://127.0.0.1/v1/generations?limit=10'))
    const { items } = (await listed.json()) as { items: Record[] }
    expect(new Set(items.flatMap(({ images }) => images.map(({ key }) => key))).size).toBe(1)
    const other = new FormData()
    other.set('image', await file(image, 'a.png'))
    other.set('seed', '7')
    const request = new Request('http://127.0.0.1/v1/images/variations', { method: 'POST', body: other })
    const { data } = (await (await platform.fetch(request)).json()) as { data: { url: string }[] }
    expect(data[0]?.url).not.toBe(answers[0]?.[0])
  })

  test.each([
    [{ model: 'sketch' }, { status: 422, code: 'unsupported_by_backend', param: 'model' }],
    [{ model: 'dall-e-9' }, { status: 400, code: 'unknown_model', param: 'model' }],
    [{ prompt: 'a hat' }, { status: 400, code: 'unknown_parameter', param: 'prompt' }],
    [{ n: 11 }, { status: 400, param: 'n' }],
    [{ n: 0 }, { status: 400, param: 'n' }],
    [{ size: 'large' }, { status: 400, param: 'size' }],
    [{ response_format: 'hex' }, { status: 400, param: 'response_format' }],
    [{ quality: 'hd' }, { status: 400, param: 'quality' }],
  ])('%j is refused in words', async (fields, expected) => {
    await expect(vary(fields)).rejects.toMatchObject(expected)
  })

  test('have one picture and no mask', async () => {
    const body = new FormData()
    for (const color of ['red', 'blue']) body.append('image', await file(picture(color), 'a.png'))
    const request = new Request('http://127.0.0.1/v1/images/variations', { method: 'POST', body })
    const response = await platform.fetch(request)
    expect([response.status, await response.json()]).toMatchObject([400, { error: { param: 'image' } }])
  })
})

async function pixelOf(png: Buffer, x: number, y: number): Promise<number[]> {
  const { loadImage } = await import('@napi-rs/canvas')
  const image = await loadImage(png)
  const context = createCanvas(image.width, image.height).getContext('2d')
  context.drawImage(image, 0, 0)
  return [...context.getImageData(x, y, 1, 1).data].slice(0, 3)
}

async function jpegOf(side: number): Promise<Uint8Array> {
  const canvas = createCanvas(side, side)
  canvas.getContext('2d').fillRect(0, 0, side, side)
  return await canvas.encode('jpeg')
}

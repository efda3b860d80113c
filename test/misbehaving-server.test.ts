import type { Canvas } from '@napi-rs/canvas'
import { createCanvas } from '@napi-rs/canvas'
import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32 } from 'node:zlib'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Platform } from '@darkroom/server'
import { inspectPicture } from '@darkroom/picture'
import { createPlatform, parseConfig } from '@darkroom/server'
import { makeDataDir, removeDataDir } from './support/server-process.ts'

type Behaviour = (response: ServerResponse) => void | Promise<void>

let server: Server
let platform: Platform
let dataDir: string
let calls = 0
let behave: Behaviour
let prompts = 0

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url?.endsWith('/models') === true) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"list","data":[]}')
      return
    }
    calls += 1
    request.resume()
    response.on('error', () => {})
    void behave(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  dataDir = await makeDataDir()
  platform = await createPlatform({
    config: parseConfig({
      DARKROOM_DATA: dataDir,
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      DARKROOM_BACKEND_TIMEOUT_S: '1',
      // What is tested here is each failure by itself.
      DARKROOM_BREAKER_FAILURES: '1000',
    }),
    log: pino({ level: 'silent' }),
  })
})

afterAll(async () => {
  await platform.close()
  server.closeAllConnections()
  server.close()
  await removeDataDir(dataDir)
})

beforeEach(() => {
  calls = 0
  prompts += 1
})

const ask = (path: string): Promise<Response> => platform.fetch(new Request(`http://127.0.0.1${path}`))
const live = (): Promise<Response> => ask(`/live/demo?prompt=trouble+${prompts}&size=64x64&format=png`)

function drawing(): Canvas {
  const canvas = createCanvas(64, 64)
  const context = canvas.getContext('2d')
  context.fillStyle = 'teal'
  context.fillRect(0, 0, 64, 64)
  return canvas
}

function answer(response: ServerResponse, ...pictures: readonly Uint8Array[]): void {
  const data = pictures.map((bytes) => ({ b64_json: Buffer.from(bytes).toString('base64') }))
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ created: 1, data }))
}

test('an answer after the deadline is no answer: it is not stored, and the next one is its own', async () => {
  const late: (() => void)[] = []
  behave = (response) => {
    late.push(() => answer(response, drawing().toBuffer('image/png')))
  }
  const response = await live()
  expect(response.status).toBe(504)
  expect(calls).toBe(3)
  for (const answerNow of late) answerNow()
  const { generationId } = (await response.json()) as { generationId: string }
  const record = (await (await ask(`/v1/generations/${generationId}`)).json()) as { status: string }
  expect(record.status).toBe('failed')
})

test('two answers to one request are one picture', async () => {
  const png = drawing().toBuffer('image/png')
  const other = createCanvas(64, 64).toBuffer('image/png')
  behave = (response) => answer(response, png, other)
  const first = await live()
  // The first of them, or a refusal: never both, and never the second.
  if (first.status === 200) {
    const again = await live()
    expect(Buffer.from(await again.arrayBuffer())).toEqual(Buffer.from(await first.arrayBuffer()))
    expect(calls).toBe(1)
  } else expect(((await first.json()) as { code: string }).code).toBe('backend_bad_answer')
})

test('a picture of 400 MB is cut off long before its end', async () => {
  const chunk = Buffer.alloc(1024 * 1024, 'A')
  let sent = 0
  behave = async (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"created":1,"data":[{"b64_json":"')
    for (let megabyte = 0; megabyte < 400 && !response.destroyed; megabyte += 1) {
      sent += 1
      if (!response.write(chunk)) {
        // Whichever comes first; the listeners of the other must not pile up.
        const gone = new AbortController()
        await Promise.race(
          ['drain', 'close'].map((event) => once(response, event, { signal: gone.signal })),
        ).catch(() => undefined)
        gone.abort()
      }
    }
    response.end('"}]}')
  }
  const before = process.memoryUsage().rss
  const response = await live()
  expect([502, 504]).toContain(response.status)
  expect(sent / calls).toBeLessThan(200)
  expect(process.memoryUsage().rss - before).toBeLessThan(700 * 1024 * 1024)
})

test('what a server writes about the prompt is in no original and no variant', async () => {
  const secret = 'the-prompt-of-somebody'
  const pictures = [
    pngWithText(drawing().toBuffer('image/png'), secret),
    jpegWithText(drawing().toBuffer('image/jpeg'), secret),
  ]
  for (const bytes of pictures) {
    expect(bytes.includes(secret)).toBe(true)
    prompts += 1
    behave = (response) => answer(response, bytes)
    const response = await live()
    expect(response.status).toBe(200)
    const id = response.headers.get('x-image-id') ?? ''
    for (const path of [
      `/images/${id}`,
      `/images/${id}.jpg?w=32`,
      `/images/${id}.webp`,
      `/images/${id}.png`,
    ]) {
      const served = Buffer.from(await (await ask(path)).arrayBuffer())
      expect(served.byteLength).toBeGreaterThan(100)
      expect(served.includes(secret), path).toBe(false)
      const { digitalSourceType } = await inspectPicture(served)
      expect(digitalSourceType, path).toBe('trainedAlgorithmicMedia')
    }
  }
})

/** As the A1111 family and ComfyUI write it: text chunks, and EXIF. */
function pngWithText(png: Buffer, text: string): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.byteLength)
    const check = Buffer.alloc(4)
    check.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, check])
  }
  const chunks = [
    chunk('tEXt', Buffer.from(`parameters\0${text}, Steps: 20`, 'latin1')),
    chunk('tEXt', Buffer.from(`workflow\0{"text":"${text}"}`, 'latin1')),
    chunk('iTXt', Buffer.from(`prompt\0\0\0\0\0${text}`, 'utf8')),
    chunk('eXIf', exifOf(text)),
  ]
  // After the header: signature and IHDR.
  return Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)])
}

/** A UserComment, an XMP packet and a comment. */
function jpegWithText(jpeg: Buffer, text: string): Buffer {
  const segment = (marker: number, data: Buffer): Buffer => {
    const head = Buffer.from([0xff, marker, 0, 0])
    head.writeUInt16BE(data.byteLength + 2, 2)
    return Buffer.concat([head, data])
  }
  const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:description="${text}"/></rdf:RDF></x:xmpmeta>`
  return Buffer.concat([
    jpeg.subarray(0, 2),
    segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exifOf(text)])),
    segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${xmp}`, 'latin1')),
    segment(0xfe, Buffer.from(text, 'latin1')),
    jpeg.subarray(2),
  ])
}

/** A TIFF of one IFD that leads to an EXIF IFD with a UserComment. */
function exifOf(text: string): Buffer {
  const comment = Buffer.from(`ASCII\0\0\0${text}`, 'latin1')
  const tiff = Buffer.alloc(44)
  tiff.write('II*\0', 'latin1')
  tiff.writeUInt32LE(8, 4)
  const entry = (at: number, tag: number, type: number, count: number, value: number): void => {
    tiff.writeUInt16LE(1, at)
    tiff.writeUInt16LE(tag, at + 2)
    tiff.writeUInt16LE(type, at + 4)
    tiff.writeUInt32LE(count, at + 6)
    tiff.writeUInt32LE(value, at + 10)
  }
  entry(8, 0x87_69, 4, 1, 26)
  entry(26, 0x92_86, 7, comment.byteLength, 44)
  return Buffer.concat([tiff, comment])
}

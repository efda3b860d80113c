import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

const bin = new URL('../packages/server/bin/darkroom.js', import.meta.url).pathname

const slides = [
  { kind: 'hook', title: 'One photo, **fetched once**' },
  { kind: 'point', title: 'Decoded once', body: 'And looked at once.' },
  { kind: 'cta', title: 'Make yours', label: 'Start' },
]
const names = ['01-hook.jpg', '02-point.jpg', '03-cta.jpg']

let folder: string
let photo: Buffer
let origin: Server
let originUrl: string
let requests: IncomingMessage[] = []
let answer: (response: ServerResponse) => void

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-carousel-'))
  photo = await sharp({
    create: {
      width: 1600,
      height: 1600,
      channels: 3,
      background: '#345',
      noise: { type: 'gaussian', mean: 100, sigma: 30 },
    },
  })
    .jpeg()
    .toBuffer()
  await writeFile(join(folder, 'photo.jpg'), photo)
  await writeFile(join(folder, 'slides.json'), JSON.stringify({ slides, format: 'jpeg' }))
  origin = createServer((request, response) => {
    requests.push(request)
    answer(response)
  })
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
  originUrl = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
})

beforeEach(() => {
  requests = []
  answer = (response) => response.writeHead(200, { 'content-type': 'image/jpeg' }).end(photo)
})

afterAll(async () => {
  origin.closeAllConnections()
  origin.close()
  await rm(folder, { recursive: true })
})

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

function start(
  args: readonly string[],
  environment: Record<string, string> = {},
): [ChildProcess, Promise<Ended>] {
  const child = spawn(process.execPath, [bin, 'carousel', ...args], {
    cwd: folder,
    // No HOME, no data folder, no database.
    env: { PATH: process.env['PATH'], DARKROOM_OUTBOUND_ALLOW: '127.0.0.1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended: Ended = { code: null, stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (ended.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (ended.stderr += chunk.toString()))
  return [child, once(child, 'close').then(([code]) => ({ ...ended, code: code as number | null }))]
}

async function carousel(args: readonly string[], environment?: Record<string, string>): Promise<Ended> {
  return start(args, environment)[1]
}

/** What the command's document says, as far as it is looked at here. */
interface Document {
  status: string
  base: { sha256: string; width: number; height: number }
  slides: { file: string; width: number; height: number; bytes: number; fit: { fits: boolean } }[]
  archives: string[]
  work: Record<string, number>
}

describe('a base from a URL', () => {
  test('is asked for once, decoded once and analysed once, for two sizes', async () => {
    const args = [
      '--slides',
      'slides.json',
      '-o',
      'two',
      '--size',
      '1080x1350,1080x1080',
      '--json',
      '--zip',
      '--pdf',
    ]
    const { code, stdout, stderr } = await carousel([`${originUrl}/photo.jpg`, ...args])
    expect([code, stderr]).toEqual([0, ''])
    expect(requests).toHaveLength(1)
    const document = JSON.parse(stdout) as Document
    expect(document).toMatchObject({
      status: 'done',
      base: { sha256: createHash('sha256').update(photo).digest('hex'), width: 1600, height: 1600 },
      work: { fetches: 1, decodes: 1, analyses: 1, frames: 2, overlays: 6, encodes: 6 },
      archives: [
        'two/1080x1350/carousel.zip',
        'two/1080x1350/carousel.pdf',
        'two/1080x1080/carousel.zip',
        'two/1080x1080/carousel.pdf',
      ],
    })
    expect(document.slides.map(({ file }) => file)).toEqual(
      ['1080x1350', '1080x1080'].flatMap((size) => names.map((name) => `two/${size}/${name}`)),
    )
    for (const { file, width, height, bytes } of document.slides) {
      const made = await readFile(join(folder, file))
      const found = await sharp(made).metadata()
      expect([found.format, found.width, found.height, made.byteLength]).toEqual([
        'jpeg',
        width,
        height,
        bytes,
      ])
    }
    expect((await readdir(join(folder, 'two/1080x1350'))).toSorted()).toEqual([
      ...names,
      'carousel.pdf',
      'carousel.zip',
    ])
  })

  test('that answers 404 is said so, and nothing is written', async () => {
    answer = (response) => response.writeHead(404).end()
    const ended = await carousel([`${originUrl}/gone.jpg`, '--slides', 'slides.json', '-o', 'gone'])
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain(
      `${originUrl}/gone.jpg: The host did not answer with success: its status is 404.`,
    )
    expect(await readdir(folder)).not.toContain('gone')
  })

  test('of this machine is refused, and how to allow it is said', async () => {
    const ended = await carousel([`${originUrl}/photo.jpg`, '--slides', 'slides.json', '-o', 'own'], {
      DARKROOM_OUTBOUND_ALLOW: '',
    })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('DARKROOM_OUTBOUND_ALLOW')
    expect(requests).toHaveLength(0)
  })

  test('Ctrl-C while it is fetched ends the fetch and leaves nothing', async () => {
    const asked = Promise.withResolvers<ServerResponse>()
    answer = (response) => asked.resolve(response)
    const [child, end] = start([`${originUrl}/slow.jpg`, '--slides', 'slides.json', '-o', 'stopped'])
    const response = await asked.promise
    const cut = once(response, 'close')
    child.kill('SIGINT')
    expect(await end).toEqual({ code: 130, stdout: '', stderr: 'Stopped: 0 slides are in stopped.\n' })
    await cut
    expect(await readdir(folder)).not.toContain('stopped')
  })
})

describe('a base from a file', () => {
  test('becomes files, a line each, and what it took', async () => {
    const { code, stdout, stderr } = await carousel([
      'photo.jpg',
      '--slides',
      'slides.json',
      '-o',
      'made/here',
    ])
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.trimEnd().split('\n')
    expect(
      lines
        .slice(0, 3)
        .map((line) => line.split(' ')[0] ?? '')
        .toSorted(),
    ).toEqual(names.map((name) => `made/here/${name}`))
    expect(lines.at(-1)).toMatch(
      /^3 of 3 slides in \d+ ms: 1 fetch, 1 decode, 1 analysis, 3 overlays, 3 encodes$/u,
    )
    expect((await readdir(join(folder, 'made/here'))).toSorted()).toEqual(names)
  })

  test('options win over the file of slides, which may be a bare list', async () => {
    await writeFile(join(folder, 'list.json'), JSON.stringify(slides))
    await writeFile(
      join(folder, 'logo.png'),
      await sharp({ create: { width: 64, height: 64, channels: 4, background: '#c81' } })
        .png()
        .toBuffer(),
    )
    await writeFile(
      join(folder, 'brand.json'),
      JSON.stringify({ color: '#c8102e', logo: 'logo.png', pageMark: false }),
    )
    const args = [
      '--slides',
      'list.json',
      '-o',
      'webp',
      '--format',
      'webp',
      '--size',
      '600x600',
      '--quality',
      '50',
    ]
    const { code, stderr } = await carousel([
      'photo.jpg',
      ...args,
      '--brand',
      'brand.json',
      '--handle',
      '@us',
    ])
    expect([code, stderr]).toEqual([0, ''])
    const { format, width, height } = await sharp(join(folder, 'webp/01-hook.webp')).metadata()
    expect([format, width, height]).toEqual(['webp', 600, 600])
  })

  test('a text that does not fit and characters without a glyph are told', async () => {
    const long = { kind: 'point', title: 'Too much', body: 'word '.repeat(900) }
    await writeFile(
      join(folder, 'long.json'),
      JSON.stringify([{ kind: 'hook', title: 'Rare \u{10fffd}' }, long]),
    )
    const { code, stderr } = await carousel(['photo.jpg', '--slides', 'long.json', '-o', 'long'])
    expect(code).toBe(0)
    expect(stderr).toMatch(/^note: slide 1: no font has .+ \(U\+10FFFD\)/mu)
    expect(stderr).toMatch(/^note: slide 2: the text is too long and ends in an ellipsis/mu)
  })

  test('that is no picture, or not there, is a failure', async () => {
    const noPicture = await carousel(['slides.json', '--slides', 'slides.json', '-o', 'none'])
    expect([noPicture.code, noPicture.stderr]).toEqual([1, expect.stringContaining('slides.json: ')])
    const notThere = await carousel(['nope.jpg', '--slides', 'slides.json', '-o', 'none'])
    expect([notThere.code, notThere.stderr]).toEqual([1, expect.stringContaining('nope.jpg: There is no')])
  })
})

test('all slides are written though nobody reads along any more', async () => {
  const [child, ended] = start(['photo.jpg', '--slides', 'slides.json', '-o', 'unread'])
  child.stdout?.destroy()
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
  expect((await readdir(join(folder, 'unread'))).toSorted()).toEqual(names)
})

test('a wrong file of slides is a usage error that says where', async () => {
  await writeFile(join(folder, 'wrong.json'), '[\n{"kind": "hook" "title": "a"}]')
  const { code, stderr } = await carousel(['photo.jpg', '--slides', 'wrong.json', '-o', 'wrong'])
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^wrong\.json is no JSON: .*line 2/u)])
  expect(await readdir(folder)).not.toContain('wrong')
})

test('a base that is generated first needs no fetch', async () => {
  const args = ['--prompt', 'a red sailboat', '--slides', 'slides.json', '-o', 'generated', '--json']
  const data = await mkdtemp(join(tmpdir(), 'darkroom-test-'))
  try {
    const { code, stdout } = await carousel(args, { DARKROOM_DATA: data })
    const document = JSON.parse(stdout) as Document
    expect([code, document.status]).toEqual([0, 'done'])
    expect(document.base).toMatchObject({ width: 1080, height: 1350 })
    expect(document.work).toMatchObject({ fetches: 0, decodes: 1, analyses: 1, overlays: 3 })
  } finally {
    await rm(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
})

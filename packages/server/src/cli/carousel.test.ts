import { createCarouselMaker, createSharpEncoder } from '@darkroom/carousel'
import type { CarouselMakerOptions, SlideEncoder } from '@darkroom/carousel'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CarouselCommandOptions } from './carousel.ts'
import { carouselCommand } from './carousel.ts'
import type { CommandEnvironment } from './command.ts'
import { main } from './main.ts'

let folder: string

const hook = { kind: 'hook', title: 'Once' }
const cta = { kind: 'cta', title: 'Go' }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-carousel-'))
  const background = { width: 640, height: 800, channels: 3, background: '#345' } as const
  await writeFile(join(folder, 'photo.png'), await sharp({ create: background }).png().toBuffer())
  await writeFile(join(folder, 'slides.json'), JSON.stringify([hook, { kind: 'point', title: 'Two' }, cta]))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

interface Said {
  io: CommandEnvironment
  stdout: () => string
  stderr: () => string
}

function listen(isTerminal: boolean = false): Said {
  let stdout = ''
  let stderr = ''
  return {
    io: {
      environment: {},
      stdout: (text) => void (stdout += text),
      stderr: (text) => void (stderr += text),
      isTerminal,
    },
    stdout: () => stdout,
    stderr: () => stderr,
  }
}

function optionsFor(output: string, more: Partial<CarouselCommandOptions> = {}): CarouselCommandOptions {
  return {
    source: join(folder, 'photo.png'),
    slides: join(folder, 'slides.json'),
    output: join(folder, output),
    size: ['400x500'],
    zip: false,
    pdf: false,
    json: false,
    ...more,
  }
}

/** Encodes the first slide and the third, and fails with the second. */
function makerThatFailsOnce(options?: CarouselMakerOptions): ReturnType<typeof createCarouselMaker> {
  const whole = createSharpEncoder()
  let calls = 0
  const encoder: SlideEncoder = {
    encode: async (...args) => {
      calls += 1
      if (calls === 2) throw new TypeError('an encoder of /home/secret')
      return whole.encode(...args)
    },
  }
  return createCarouselMaker({ ...options, encoder, concurrency: 1 })
}

describe('a slide that fails', () => {
  test('keeps no other from being written, is told without secrets, and the exit code is 1', async () => {
    const said = listen()
    const options = optionsFor('failed', { zip: true, pdf: true, json: true })
    expect(await carouselCommand(options, said.io, makerThatFailsOnce)).toBe(1)
    expect((await readdir(options.output)).toSorted()).toEqual([
      '01-hook.jpg',
      '03-cta.jpg',
      'carousel.pdf',
      'carousel.zip',
    ])
    expect(said.stderr()).toBe('slide 2 (point) failed: The slide could not be made.\n')
    const document = JSON.parse(said.stdout()) as { status: string; slides: object[] }
    expect(document.status).toBe('failed')
    expect(document.slides).toMatchObject([
      { index: 0, status: 'done' },
      { index: 1, status: 'failed', error: { code: 'INTERNAL' } },
      { index: 2, status: 'done' },
    ])
  })

  test('is counted in the closing line', async () => {
    const said = listen()
    expect(await carouselCommand(optionsFor('counted'), said.io, makerThatFailsOnce)).toBe(1)
    expect(said.stdout()).toMatch(/^2 of 3 slides in \d+ ms: 1 fetch/mu)
  })
})

test('a slide that cannot be written ends it with the reason, and leaves nothing half written', async () => {
  const said = listen()
  await writeFile(join(folder, 'file'), 'no folder')
  const options = optionsFor('file/in-a-file')
  expect(await carouselCommand(options, said.io)).toBe(1)
  expect(said.stderr()).toMatch(/EEXIST|ENOTDIR/u)
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
})

test('on a terminal a bar stands below the lines and is gone at the end', async () => {
  const said = listen(true)
  expect(await carouselCommand(optionsFor('bar'), said.io)).toBe(0)
  const bars = said.stderr().split('\r\u001B[2K')
  expect(bars).toEqual([
    `${'░'.repeat(24)} 0/3 slides`,
    `${'█'.repeat(8)}${'░'.repeat(16)} 1/3 slides`,
    `${'█'.repeat(16)}${'░'.repeat(8)} 2/3 slides`,
    `${'█'.repeat(24)} 3/3 slides`,
    '',
  ])
})

describe('what is asked for in a wrong way is a usage error that says where', () => {
  test.each([
    ['another kind', [hook, { kind: 'end', title: 'b' }], /: slides\[1\]\.kind: must be one of hook/u],
    [
      'a misspelt field',
      { slides: [{ kind: 'hook', titel: 'a' }] },
      /: slides\[0\]: there is no field "titel"/u,
    ],
    ['no text', { slides: [hook, { kind: 'cta', title: 7 }] }, /: slides\[1\]\.title: must be a text/u],
    ['one slide', [hook], /: slides: A carousel has 2 to 20 slides, not 1/u],
    ['an empty title', [hook, { kind: 'cta', title: ' ' }], /: slides\[1\]\.title: /u],
    ['a size in words', { slides: [hook, cta], size: 'square' }, /: size: "square" is no size/u],
    ['an unknown theme', { slides: [hook, cta], theme: 'loud' }, /theme/iu],
    [
      'a colour by name',
      { slides: [hook, cta], brand: { color: 'red' } },
      /: brand\.color: must be a colour/u,
    ],
    [
      'a logo that is not there',
      { slides: [hook, cta], brand: { logo: 'no.png' } },
      /no\.png cannot be read/u,
    ],
  ])('%s', async (_, json, message) => {
    await writeFile(join(folder, 'wrong.json'), JSON.stringify(json))
    const said = listen()
    const options = optionsFor('wrong', { slides: join(folder, 'wrong.json'), size: [] })
    expect(await carouselCommand(options, said.io)).toBe(2)
    expect(said.stderr()).toMatch(message)
    expect(await readdir(folder)).not.toContain('wrong')
  })

  test.each([
    [[], /^Give a base/u],
    [['photo.png', '--prompt', 'a fox'], /^Give a base/u],
    [['photo.png', '--size', 'big'], /^--size: "big"/u],
    [['photo.png', '--size', '9x9'], /sides of a slide/u],
    [['photo.png', '--format', 'gif'], /^--format: "gif"/u],
    [['photo.png', '--quality', '0'], /1 to 100/u],
    [['photo.png', '--brand-color', 'red'], /^--brand-color: "red"/u],
    [['photo.png', '--brand', 'none.json'], /none\.json cannot be read/u],
    [['photo.png', '--seed', '5'], /^--seed belongs to --prompt/u],
    [['photo.png', '--model', 'draft'], /^--model belongs to --prompt/u],
    [['photo.png', '--url', 'http://127.0.0.1:1'], /^--url belongs to --prompt/u],
    [['photo.png', '--server', 'http://127.0.0.1:1'], /^--url belongs to --prompt/u],
  ])('%j', async (args, message) => {
    const said = listen()
    const fixed = ['--slides', join(folder, 'slides.json'), '-o', join(folder, 'usage')]
    expect(await main(['carousel', ...args, ...fixed], said.io)).toBe(2)
    expect(said.stderr()).toMatch(message)
  })

  test('a file in the place of the folder', async () => {
    const said = listen()
    expect(await carouselCommand(optionsFor('photo.png'), said.io)).toBe(2)
    expect(said.stderr()).toMatch(/^--output: .*photo\.png is a file; name a folder\.$/mu)
  })

  test.each([
    [Buffer.from('[{"kind":"hook","title":"Caf\u00e9"}]', 'latin1'), /twice\.json is no UTF-8/u],
    ['[{"kind":"hook","title":"a","title":"b"}]', /"title" is given twice/u],
  ])('a file that could be read in two ways', async (bytes, message) => {
    await writeFile(join(folder, 'twice.json'), bytes)
    const said = listen()
    expect(await carouselCommand(optionsFor('twice', { slides: join(folder, 'twice.json') }), said.io)).toBe(
      2,
    )
    expect(said.stderr()).toMatch(message)
  })

  test('slides and output are required', async () => {
    const said = listen()
    expect(await main(['carousel', 'photo.png', '-o', 'x'], said.io)).toBe(2)
    expect(said.stderr()).toContain("required option '--slides")
  })
})

test('a prompt for a server that is not there is told in a sentence', async () => {
  const said = listen()
  const { source: _, ...options } = optionsFor('prompted', { prompt: 'a fox', url: 'http://127.0.0.1:1' })
  expect(await carouselCommand(options, said.io)).toBe(1)
  expect(said.stderr()).toMatch(/^No Darkroom answers at http:\/\/127\.0\.0\.1:1: /u)
})

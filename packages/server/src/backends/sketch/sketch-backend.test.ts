import { loadImage } from '@napi-rs/canvas'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BackendError, noInputs, type BackendEvent, type BackendRequest } from '../backend.ts'
import { createSketchBackend } from './sketch-backend.ts'

const backend = createSketchBackend()

function requestOf(changes: Partial<BackendRequest> = {}): BackendRequest {
  return {
    id: 'test',
    model: 'sketch-1',
    prompt: 'a red sailboat at sunset',
    negative: undefined,
    style: undefined,
    widthPx: 128,
    heightPx: 96,
    seed: 0,
    inputs: noInputs,
    strength: undefined,
    steps: undefined,
    ...changes,
  }
}

async function run(
  changes: Partial<BackendRequest> = {},
  signal = new AbortController().signal,
): Promise<BackendEvent[]> {
  const events: BackendEvent[] = []
  for await (const event of backend.generate(requestOf(changes), signal)) events.push(event)
  return events
}

function imageOf(events: readonly BackendEvent[]): Uint8Array {
  const image = events.find((event) => event.type === 'image')
  if (image === undefined) throw new Error('No picture came.')
  return image.bytes
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const draw = async (changes: Partial<BackendRequest> = {}): Promise<string> =>
  hashOf(imageOf(await run(changes)))

const warningsOf = async (changes: Partial<BackendRequest>): Promise<readonly string[]> => {
  const done = (await run(changes)).at(-1)
  return done?.type === 'done' ? done.warnings : []
}

describe('determinism', () => {
  test('equal requests give equal bytes, whatever was drawn between', async () => {
    const first = await draw()
    await draw({ prompt: 'a city at night', seed: 5 })
    expect(await draw()).toBe(first)
  })

  test('seed, prompt, negative prompt, style and size each change the pixels', async () => {
    const pictures = await Promise.all([
      draw(),
      draw({ seed: 1 }),
      draw({ seed: 2 ** 32 - 1 }),
      draw({ prompt: 'a blue sailboat at sunset' }),
      draw({ negative: 'sailboat' }),
      draw({ style: 'ink' }),
      draw({ widthPx: 129 }),
    ])
    expect(new Set(pictures).size).toBe(pictures.length)
  })

  test('the id of a request does not', async () => {
    expect(await draw({ id: 'another' })).toBe(await draw())
  })
})

describe('sizes', () => {
  const sizes: readonly [number, number][] = [
    [64, 64],
    [65, 333],
    [1001, 67],
    [64, 1024],
    [517, 389],
  ]

  test.each(sizes)('%i × %i is exact', async (widthPx, heightPx) => {
    const picture = await loadImage(Buffer.from(imageOf(await run({ widthPx, heightPx }))))
    expect([picture.width, picture.height]).toEqual([widthPx, heightPx])
  })

  test('every pixel is covered: the picture is opaque', async () => {
    for (const prompt of [
      'sea',
      'forest',
      'city',
      'desert',
      'space',
      'meadow',
      'still life',
      'mountains',
      'asdf',
    ]) {
      const png = Buffer.from(imageOf(await run({ prompt })))
      // IHDR: the colour type follows 16 bytes of chunk head and sides, and the bit depth.
      const hasAlpha = png[25] === 6
      const picture = await loadImage(png)
      expect(picture.width, prompt).toBe(128)
      if (hasAlpha) expect(await isOpaque(png), prompt).toBe(true)
    }
  })
})

async function isOpaque(png: Buffer): Promise<boolean> {
  const { createCanvas } = await import('@napi-rs/canvas')
  const picture = await loadImage(png)
  const context = createCanvas(picture.width, picture.height).getContext('2d')
  context.drawImage(picture, 0, 0)
  const { data } = context.getImageData(0, 0, picture.width, picture.height)
  return data.every((value, index) => index % 4 !== 3 || value === 255)
}

describe('events', () => {
  test('loading only before the first picture of a backend, then states, progress, previews, picture, done', async () => {
    const fresh = createSketchBackend({ now: () => 1000 })
    const types: string[][] = []
    for (let time = 0; time < 2; time += 1) {
      const seen: string[] = []
      for await (const event of fresh.generate(
        requestOf({ widthPx: 400, heightPx: 300 }),
        new AbortController().signal,
      )) {
        if (seen.at(-1) !== event.type) seen.push(event.type)
      }
      types.push(seen)
    }
    expect(types[0]?.slice(0, 2)).toEqual(['loading', 'started'])
    expect(types[1]?.[0]).toBe('started')
    expect(types[1]?.slice(-2)).toEqual(['image', 'done'])
  })

  test('progress never falls and ends at 1; previews are small JPEGs', async () => {
    const events = await run({ widthPx: 800, heightPx: 500 })
    const fractions = events.flatMap((event) => (event.type === 'progress' ? [event.fraction] : []))
    expect(fractions).toEqual(fractions.toSorted((one, other) => one - other))
    expect(fractions.at(-1)).toBe(1)
    const previews = events.flatMap((event) => (event.type === 'preview' ? [event] : []))
    expect(previews.length).toBeGreaterThanOrEqual(2)
    for (const preview of previews) {
      expect(preview.mediaType).toBe('image/jpeg')
      const small = await loadImage(Buffer.from(preview.bytes))
      expect([small.width, small.height]).toEqual([256, 160])
    }
  })
})

describe('abort and errors', () => {
  test('an abort between layers rejects with its reason and draws no further', async () => {
    const abort = new AbortController()
    const reason = new Error('enough')
    const seen: BackendEvent[] = []
    const reading = (async () => {
      for await (const event of backend.generate(requestOf(), abort.signal)) {
        seen.push(event)
        if (event.type === 'progress' && event.step === 3) abort.abort(reason)
      }
    })()
    await expect(reading).rejects.toBe(reason)
    expect(seen.filter((event) => event.type === 'progress')).toHaveLength(3)
  })

  test('an unknown model and an impossible size are refused for good', async () => {
    const refusal = async (changes: Partial<BackendRequest>): Promise<unknown> =>
      run(changes).catch((error: unknown) => error)
    for (const [changes, code] of [
      [{ model: 'sketch-9' }, 'unknown_model'],
      [{ widthPx: 63 }, 'unsupported_by_backend'],
      [{ widthPx: 4096, heightPx: 4096 }, 'unsupported_by_backend'],
      [{ widthPx: 100.5 }, 'unsupported_by_backend'],
    ] as const) {
      const error = await refusal(changes)
      expect(error).toBeInstanceOf(BackendError)
      expect(error).toMatchObject({ code, retry: 'never' })
    }
  })
})

describe('warnings', () => {
  test('none when everything was drawn', async () => {
    expect(await warningsOf({ prompt: 'a red sailboat at sunset' })).toEqual([])
    expect(await warningsOf({ prompt: 'snowy mountains above a calm lake, watercolor' })).toEqual([])
  })

  test('one when nothing matched', async () => {
    const [warning, ...more] = await warningsOf({ prompt: 'asdf qwer' })
    expect(warning).toMatch(/fixed set of scenes and subjects; nothing in this prompt matched/u)
    expect(more).toEqual([])
  })

  test('a thing without a shape, too many subjects, an unknown style', async () => {
    expect(await warningsOf({ prompt: 'a dragon over the city' })).toEqual([
      expect.stringContaining('“dragon”'),
    ])
    expect(await warningsOf({ prompt: 'cat, fox, house, balloon' })).toEqual([
      expect.stringContaining('balloon'),
    ])
    expect(await warningsOf({ style: 'brutalism' })).toEqual([expect.stringContaining('watercolor')])
    expect(await warningsOf({ style: 'Watercolour' })).toEqual([])
    expect(await warningsOf({ steps: 20 })).toEqual([expect.stringContaining('steps')])
  })
})

test('any text of any length is drawn', { timeout: 60_000 }, async () => {
  const words = fc.constantFrom(
    'cat',
    'three',
    'red',
    'without',
    'night',
    'storm',
    'sea',
    'houses',
    'fog',
    'in',
    'a',
    'aurora',
    'ink',
    'snow',
    '🎈',
    '猫',
    '\u0000',
    '9'.repeat(400),
  )
  const prompt = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 4000 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(words, { maxLength: 40 }).map((list) => list.join(' ')),
  )
  const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })
  await fc.assert(
    fc.asyncProperty(prompt, fc.option(prompt, { nil: undefined }), seeds, async (text, negative, seed) => {
      const events = await run({ prompt: text, negative, seed, widthPx: 64, heightPx: 64 })
      expect(events.at(-1)?.type).toBe('done')
    }),
    { numRuns: 60 },
  )
})

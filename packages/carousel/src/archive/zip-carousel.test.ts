import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ArchiveSlide } from './archive-slide.ts'
import type { Manifest } from './manifest.ts'
import { archiveSlides, bytesOf, failedSlide } from './testing/archive-slides.ts'
import { outputOf } from './testing/output-of.ts'
import { zipCarousel } from './zip-carousel.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-zip-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

const size = { widthPx: 240, heightPx: 300 }

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

interface Entry {
  name: string
  bytes: Uint8Array
  stored: boolean
}

async function entriesOf(zip: Uint8Array): Promise<Entry[]> {
  const reader = new ZipReader(new Uint8ArrayReader(zip), { useWebWorkers: false, checkSignature: true })
  const entries: Entry[] = []
  for (const entry of await reader.getEntries()) {
    if (entry.directory) throw new Error(`${entry.filename} is a folder`)
    const bytes = await entry.getData(new Uint8ArrayWriter())
    entries.push({
      name: entry.filename,
      bytes,
      stored: entry.compressionMethod === 0,
    })
  }
  await reader.close()
  return entries
}

function manifestIn(entries: readonly Entry[]): Manifest {
  return JSON.parse(new TextDecoder().decode(entries.at(-1)?.bytes)) as Manifest
}

test('slides in their order, stored as they are, then the manifest that describes them', async () => {
  const slides = await archiveSlides(6)
  const work = { fetches: { ran: 1, joined: 0, cached: 0 } }
  const entries = await entriesOf(
    await bytesOf(zipCarousel({ slides, size, theme: 'plain', baseHash: 'ab', work })),
  )
  expect(entries.map(({ name }) => name)).toEqual([
    '01-hook.jpg',
    '02-credibility.jpg',
    '03-point.jpg',
    '04-cta.jpg',
    '05-hook.jpg',
    '06-credibility.jpg',
    'manifest.json',
  ])
  expect(entries.every(({ stored }) => stored)).toBe(true)
  const manifest = manifestIn(entries)
  expect(manifest).toMatchObject({
    format: 'darkroom-carousel/1',
    width: 240,
    height: 300,
    theme: 'plain',
    baseSha256: 'ab',
    work,
  })
  expect(manifest.slides).toHaveLength(6)
  for (const [index, slide] of slides.entries()) {
    if (slide.status !== 'fulfilled') throw new Error('all were made')
    const entry = entries[index]
    expect(sha256(entry?.bytes ?? new Uint8Array())).toBe(sha256(slide.value.bytes))
    expect(manifest.slides[index]).toEqual({
      index,
      ...slide.text,
      status: 'done',
      file: entry?.name,
      mediaType: 'image/jpeg',
      width: 240,
      height: 300,
      bytes: slide.value.bytes.byteLength,
      sha256: sha256(slide.value.bytes),
      fit: slide.value.fit,
    })
  }
})

test('a slide that failed is in the manifest and keeps nobody else out', async () => {
  const [first, second] = await archiveSlides(2)
  if (first === undefined || second === undefined) throw new Error('two were asked for')
  const slides = [first, failedSlide(1), { ...second, index: 2 }]
  const entries = await entriesOf(await bytesOf(zipCarousel({ slides, size })))
  expect(entries.map(({ name }) => name)).toEqual(['01-hook.jpg', '03-credibility.jpg', 'manifest.json'])
  expect(manifestIn(entries).slides[1]).toEqual({
    index: 1,
    kind: 'point',
    title: 'Never made',
    status: 'failed',
    error: { code: 'FONT_INVALID', message: 'The font file cannot be used.' },
  })
})

test('equal slides give equal bytes, in another time zone too', async () => {
  const slides = await archiveSlides(2)
  const zone = process.env['TZ']
  const hashes = []
  try {
    for (const name of ['UTC', 'Asia/Tokyo', 'America/Los_Angeles']) {
      process.env['TZ'] = name
      hashes.push(sha256(await bytesOf(zipCarousel({ slides, size }))))
    }
  } finally {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  }
  expect(new Set(hashes).size).toBe(1)
})

test('sizes and checksums stand before the data: a stream can be read without its end', async () => {
  const zip = await bytesOf(zipCarousel({ slides: await archiveSlides(1), size }))
  const [slide] = await entriesOf(zip)
  // The local header of APPNOTE 4.3.7: flags at 6, checksum at 14, sizes at 18 and 22.
  expect(zip.readUInt16LE(6) & 8).toBe(0)
  expect(zip.readUInt32LE(14)).not.toBe(0)
  expect(zip.readUInt32LE(18)).toBe(slide?.bytes.byteLength)
  expect(zip.readUInt32LE(22)).toBe(slide?.bytes.byteLength)
})

/** Slides that count how many have been asked for, and whether their iteration was ended. */
async function* counted(
  slides: readonly ArchiveSlide[],
  seen: { asked: number; ended: boolean },
): AsyncGenerator<ArchiveSlide> {
  try {
    for (const slide of slides) {
      seen.asked += 1
      await Promise.resolve()
      yield slide
    }
  } finally {
    seen.ended = true
  }
}

test('a reader that stops reading stops the slides; one that leaves ends them', async () => {
  const seen = { asked: 0, ended: false }
  const reader = zipCarousel({ slides: counted(await archiveSlides(8), seen), size }).getReader()
  await reader.read()
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  expect(seen).toEqual({ asked: 1, ended: false })
  await reader.cancel()
  await expect.poll(() => seen.ended).toBe(true)
  expect(seen.asked).toBe(1)
})

test('what the slides throw fails the stream', async () => {
  const slides = await archiveSlides(1)
  async function* broken(): AsyncGenerator<ArchiveSlide> {
    yield* slides
    await Promise.resolve()
    throw new Error('the disk is gone')
  }
  await expect(bytesOf(zipCarousel({ slides: broken(), size }))).rejects.toThrow('the disk is gone')
})

test.for([
  ['unzip', (path: string) => ['-tq', path], /No errors detected/u],
  [
    'python3',
    (path: string) => ['-c', 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).testzip())', path],
    /^None$/mu,
  ],
] as const)('%s reads it', async ([tool, args, says], { skip }) => {
  const path = join(folder, `${tool}.zip`)
  await writeFile(path, await bytesOf(zipCarousel({ slides: await archiveSlides(3), size })))
  const said = await outputOf(tool, args(path))
  if (said === undefined) skip(`${tool} is not installed`)
  expect(said?.stdout).toMatch(says)
})

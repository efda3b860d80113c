import { createCarouselMaker } from '@darkroom/carousel'
import { inspect } from '@darkroom/inspect'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { slidesOf } from '../packages/carousel/src/testing/collect.ts'
import { photoBytes, testSlides } from '../packages/carousel/src/testing/test-bases.ts'
import { sendPicture, startOrigin } from '../packages/outbound/src/testing/test-origin.ts'

describe('a carousel of six slides', () => {
  test('repeats no work, by the report of its own run', async () => {
    const bytes = await photoBytes()
    await using origin = await startOrigin((_, response) => sendPicture(response, bytes))
    const maker = createCarouselMaker({ outbound: { allow: ['127.0.0.1'] }, findFaces: false })
    try {
      const { value, report } = await inspect(() =>
        slidesOf(maker.make({ base: `${origin.url}/photo.jpg`, slides: testSlides(6) })),
      )
      expect(value).toHaveLength(6)
      // What it did was seen: an empty report of nothing would say nothing.
      expect(report.totals.fetches).toBe(1)
      expect(report.totals.decodes).toBeGreaterThan(0)
      expect(report.duplicates).toEqual([])
      expect(report.outputs).toEqual([])
      expect(report.waterfalls).toEqual([])
    } finally {
      await maker.close()
    }
  })

  test('made the naive way downloads and decodes six times, and the report says so', async () => {
    const bytes = await photoBytes()
    await using origin = await startOrigin((_, response) => sendPicture(response, bytes))
    const loadBase = async (): Promise<Buffer> =>
      Buffer.from(await (await fetch(`${origin.url}/photo.jpg`)).arrayBuffer())
    const renderSlide = async (title: string): Promise<number> => {
      const base = await loadBase()
      const { size } = await sharp(base)
        .resize(100)
        .toBuffer({ resolveWithObject: true })
        .then(({ info }) => info)
      return size + title.length
    }
    const { report } = await inspect(async () =>
      Promise.all(testSlides(6).map(({ title }) => renderSlide(title))),
    )
    expect(origin.requests).toHaveLength(6)
    expect(report.duplicates.find(({ kind }) => kind === 'fetch')).toMatchObject({
      count: 6,
      bytes: 5 * bytes.byteLength,
      fanOut: 'Promise.all',
      hoist: '`loadBase()`',
    })
    expect(report.duplicates.find(({ kind }) => kind === 'decode')).toMatchObject({ count: 6 })
  })
})

describe('inspect', () => {
  test('gives the report itself, and with it the value', async () => {
    const inspection = await inspect(() => 7)
    expect(inspection.value).toBe(7)
    expect(inspection.duplicates).toEqual([])
    expect(inspection.report.outputs).toEqual([])
  })

  test('passes an error on, and leaves everything as it was', async () => {
    const { fetch: fetchBefore } = globalThis
    const allBefore = Object.getOwnPropertyDescriptor(Promise, 'all')
    await expect(inspect(() => Promise.reject(new Error('as planned')))).rejects.toThrow('as planned')
    expect(globalThis.fetch).toBe(fetchBefore)
    expect(Object.getOwnPropertyDescriptor(Promise, 'all')).toEqual(allBefore)
  })

  test('looks at nothing but what the function does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'inspected-'))
    try {
      const file = join(folder, 'large')
      await writeFile(file, Buffer.alloc(100_000))
      const readTwice = async (): Promise<void> => {
        await Promise.all([readFile(file), readFile(file)])
      }
      const gate = Promise.withResolvers<void>()
      const inspected = inspect(() => gate.promise)
      await readTwice()
      gate.resolve()
      expect((await inspected).duplicates).toEqual([])
      expect((await inspect(readTwice)).duplicates).toMatchObject([
        { kind: 'read', count: 2, resource: file },
      ])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

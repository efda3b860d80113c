import { createLedger } from '@darkroom/once'
import { afterEach, describe, expect, test } from 'vitest'
import { startHeldOrigin } from '../../outbound/src/testing/held-origin.ts'
import { sendPicture, startOrigin } from '../../outbound/src/testing/test-origin.ts'
import type { CarouselMaker, CarouselMakerOptions } from './carousel-maker.ts'
import { createCarouselMaker } from './carousel-maker.ts'
import { outcomesOf, slidesOf } from './testing/collect.ts'
import { photoBytes, testSlides } from './testing/test-bases.ts'
import type { WorkKind } from './work-counts.ts'

const makers: CarouselMaker[] = []
afterEach(async () => {
  for (const made of makers.splice(0)) await made.close()
})

function maker(options: CarouselMakerOptions = {}): CarouselMaker {
  const made = createCarouselMaker({ outbound: { allow: ['127.0.0.1'] }, findFaces: false, ...options })
  makers.push(made)
  return made
}

const once = { ran: 1, joined: 0, cached: 0 }
const never = { ran: 0, joined: 0, cached: 0 }
const shared: readonly WorkKind[] = ['fetches', 'decodes', 'analyses', 'frames']

/** Runs that a ledger saw, by kind. */
function ranOf(ledger: ReturnType<typeof createLedger>): Record<string, number> {
  const ran: Record<string, number> = {}
  for (const row of ledger.snapshot().rows) ran[row.kind] = (ran[row.kind] ?? 0) + row.ran
  return ran
}

describe('one carousel', () => {
  test.each([2, 6, 20])('fetches, decodes and analyses once for %i slides', async (count) => {
    const bytes = await photoBytes()
    await using origin = await startOrigin((_, response) => sendPicture(response, bytes))
    const ledger = createLedger()
    const carousel = maker({ ledger }).make({ base: `${origin.url}/photo.jpg`, slides: testSlides(count) })
    expect(await slidesOf(carousel)).toHaveLength(count)
    expect(origin.requests).toEqual(['GET /photo.jpg'])
    for (const kind of shared) expect(carousel.work()[kind], kind).toEqual(once)
    expect(carousel.work().overlays).toEqual({ ...never, ran: count })
    expect(carousel.work().encodes).toEqual({ ...never, ran: count })
    expect(ranOf(ledger)).toEqual({
      fetch: 1,
      decode: 1,
      analyse: 1,
      frame: 1,
      overlay: count,
      encode: count,
    })
    const spared = ledger.snapshot().rows.filter(({ axis, joined }) => axis === 'slides' && joined > 0)
    expect(spared.map(({ kind, joined }) => [kind, joined])).toEqual(
      ['analyse', 'decode', 'fetch', 'frame'].map((kind) => [kind, count - 1]),
    )
  })

  test('fetches nothing for bytes in hand, and says that they were given', async () => {
    const carousel = maker().make({ base: await photoBytes(), slides: testSlides(2) })
    await slidesOf(carousel)
    expect(carousel.work().fetches).toEqual(never)
    expect((await carousel.base).how).toBe('given')
  })

  test('does nothing before it is iterated or its base is asked for', async () => {
    await using origin = await startOrigin((_, response) => sendPicture(response))
    const carousel = maker().make({ base: origin.url, slides: testSlides(2) })
    expect(carousel.work().fetches).toEqual(never)
    expect(origin.requests).toEqual([])
  })

  test('is iterated once', async () => {
    const carousel = maker().make({ base: await photoBytes(), slides: testSlides(2) })
    await slidesOf(carousel)
    await expect(slidesOf(carousel)).rejects.toThrow(TypeError)
  })
})

describe('the base', () => {
  test('is there before the slides are, with its hash and what it is, and is fetched once for both', async () => {
    const bytes = await photoBytes()
    await using origin = await startOrigin((_, response) => sendPicture(response, bytes))
    const carousel = maker().make({ base: origin.url, slides: testSlides(2) })
    const base = await carousel.base
    expect(carousel.work().overlays).toEqual(never)
    // The host called it a PNG.
    expect(base).toMatchObject({ mediaType: 'image/jpeg', format: 'jpeg', how: 'ran' })
    expect(base.hash).toMatch(/^[0-9a-f]{64}$/u)
    expect(Buffer.compare(base.bytes, bytes)).toBe(0)
    await slidesOf(carousel)
    expect(origin.requests).toHaveLength(1)
  })
})

describe('two carousels', () => {
  test('at once over one URL: one fetch, one decoding, one analysis', async () => {
    const bytes = await photoBytes()
    await using origin = await startHeldOrigin()
    const ledger = createLedger()
    const studio = maker({ ledger })
    const first = studio.make({ base: origin.url, slides: testSlides(3) })
    const second = studio.make({ base: origin.url, slides: testSlides(4) })
    const both = Promise.all([slidesOf(first), slidesOf(second)])
    const { response } = await origin.arrival(0)
    sendPicture(response, bytes)
    const [three, four] = await both
    expect([three.length, four.length]).toEqual([3, 4])
    expect(origin.requests).toHaveLength(1)
    expect(ranOf(ledger)).toMatchObject({ fetch: 1, decode: 1, analyse: 1, frame: 1, overlay: 7 })
    for (const kind of shared) {
      const counts = [first, second].map((one) => one.work()[kind])
      expect(counts, kind).toContainEqual(once)
      expect(counts, kind).toContainEqual({ ...never, joined: 1 })
    }
  })

  test('at once in four sizes: one decoding, as large as the largest needs, and one analysis', async () => {
    const bytes = await photoBytes(1400, 1400)
    const ledger = createLedger()
    const studio = maker({ ledger })
    const sizes = [
      { widthPx: 540, heightPx: 675 },
      { widthPx: 540, heightPx: 540 },
      { widthPx: 540, heightPx: 960 },
      { widthPx: 600, heightPx: 314 },
    ]
    const carousels = sizes.map((size) => studio.make({ base: bytes, slides: testSlides(2), size }))
    const slides = await Promise.all(carousels.map(slidesOf))
    expect(slides.map(([slide]) => [slide?.widthPx, slide?.heightPx])).toEqual(
      sizes.map(({ widthPx, heightPx }) => [widthPx, heightPx]),
    )
    expect(ranOf(ledger)).toMatchObject({ decode: 1, analyse: 1, frame: 4 })
  })

  test('one after the other, 4:5 and 1:1: the second decodes nothing', async () => {
    const bytes = await photoBytes()
    const studio = maker()
    const slides = testSlides(2)
    await slidesOf(studio.make({ base: bytes, slides, size: { widthPx: 480, heightPx: 600 } }))
    const square = studio.make({ base: bytes, slides, size: { widthPx: 480, heightPx: 480 } })
    await slidesOf(square)
    expect(square.work()).toMatchObject({
      decodes: { ...never, cached: 1 },
      analyses: { ...never, cached: 1 },
      frames: once,
    })
  })

  test('one after the other, the second larger: it is decoded anew, and not analysed', async () => {
    const bytes = await photoBytes()
    const studio = maker()
    const slides = testSlides(2)
    await slidesOf(studio.make({ base: bytes, slides, size: { widthPx: 320, heightPx: 400 } }))
    const larger = studio.make({ base: bytes, slides, size: { widthPx: 480, heightPx: 600 } })
    await slidesOf(larger)
    expect(larger.work()).toMatchObject({ decodes: once, analyses: { ...never, cached: 1 }, frames: once })
    const smaller = studio.make({ base: bytes, slides, size: { widthPx: 400, heightPx: 500 } })
    await slidesOf(smaller)
    expect(smaller.work().decodes).toEqual({ ...never, cached: 1 })
  })

  test('one after the other over one URL: the host is asked whether it changed, and nothing else is done', async () => {
    const bytes = await photoBytes()
    await using origin = await startOrigin((request, response) => {
      response.setHeader('ETag', '"1"')
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end()
      else sendPicture(response, bytes)
    })
    const ledger = createLedger()
    const studio = maker({ ledger })
    for (let round = 0; round < 2; round += 1) {
      await slidesOf(studio.make({ base: origin.url, slides: testSlides(2) }))
    }
    expect(origin.headers.map((headers) => headers['if-none-match'])).toEqual([undefined, '"1"'])
    expect(ranOf(ledger)).toMatchObject({ decode: 1, analyse: 1, frame: 1, overlay: 4 })
  })

  test('of two domains share nothing', async () => {
    const bytes = await photoBytes()
    await using origin = await startOrigin((_, response) => sendPicture(response, bytes))
    const ledger = createLedger()
    const studio = maker({ ledger })
    for (const domain of ['a', 'b']) {
      await slidesOf(studio.make({ base: origin.url, slides: testSlides(2), domain }))
    }
    expect(ranOf(ledger)).toMatchObject({ fetch: 2, decode: 2, analyse: 2, frame: 2 })
  })
})

describe('only', () => {
  test('runs one overlay, whose slide is byte for byte that of the whole carousel', async () => {
    const bytes = await photoBytes()
    const studio = maker()
    const slides = testSlides(6)
    const whole = await slidesOf(studio.make({ base: bytes, slides }))
    const one = studio.make({ base: bytes, slides, only: [3] })
    const outcomes = await outcomesOf(one)
    expect(outcomes.map(({ index, status }) => [index, status])).toEqual([[3, 'fulfilled']])
    expect(one.work()).toMatchObject({
      decodes: { ...never, cached: 1 },
      analyses: { ...never, cached: 1 },
      frames: { ...never, cached: 1 },
      overlays: once,
      encodes: once,
    })
    const [outcome] = outcomes
    const made = outcome?.status === 'fulfilled' ? outcome.value.bytes : new Uint8Array()
    expect(Buffer.compare(made, whole[3]?.bytes ?? new Uint8Array())).toBe(0)
    // Also without anything kept.
    const [anew] = await slidesOf(maker({ maxKeptBytes: 0 }).make({ base: bytes, slides, only: [3] }))
    expect(Buffer.compare(anew?.bytes ?? new Uint8Array(), made)).toBe(0)
  })
})

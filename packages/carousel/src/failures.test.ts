import { afterEach, describe, expect, test } from 'vitest'
import { startHeldOrigin } from '../../outbound/src/testing/held-origin.ts'
import { sendPicture } from '../../outbound/src/testing/test-origin.ts'
import type { CarouselMaker, CarouselMakerOptions } from './carousel-maker.ts'
import { createCarouselMaker } from './carousel-maker.ts'
import { createSharpEncoder } from './encode/sharp-encoder.ts'
import type { SlideEncoder } from './encode/slide-encoder.ts'
import { failureOf, outcomesOf, slidesOf } from './testing/collect.ts'
import { photoBytes, testSlides } from './testing/test-bases.ts'

const made: CarouselMaker[] = []
afterEach(async () => {
  for (const maker of made.splice(0)) {
    await maker.close()
    // Whatever happened: nothing holds on to pixels.
    expect(maker.pixels).toEqual({ buffers: 0, keptBytes: 0 })
  }
})

function makerOf(options: CarouselMakerOptions = {}): CarouselMaker {
  const maker = createCarouselMaker({ outbound: { allow: ['127.0.0.1'] }, findFaces: false, ...options })
  made.push(maker)
  return maker
}

/** The real encoder, but that its calls of these numbers, from 0, fail. */
function failingAt(...calls: readonly number[]): SlideEncoder & { calls: number } {
  const real = createSharpEncoder()
  const encoder = {
    calls: 0,
    encode: async (...args: Parameters<SlideEncoder['encode']>) => {
      encoder.calls += 1
      if (calls.includes(encoder.calls - 1)) throw new Error('the disk of the encoder is full')
      return real.encode(...args)
    },
  }
  return encoder
}

describe('a slide that fails', () => {
  test('does not fail the others, and is made alone by the next ask', async () => {
    const base = await photoBytes()
    const slides = testSlides(5)
    const studio = makerOf({ encoder: failingAt(2), concurrency: 1 })
    const outcomes = await outcomesOf(studio.make({ base, slides }))
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect(outcomes[2]).toMatchObject({ index: 2, reason: { message: /disk/u } })
    const retry = studio.make({ base, slides, only: [2] })
    const [slide] = await slidesOf(retry)
    expect(retry.work()).toMatchObject({
      decodes: { ran: 0, cached: 1 },
      analyses: { ran: 0, cached: 1 },
      overlays: { ran: 1 },
      encodes: { ran: 1 },
    })
    const whole = await slidesOf(makerOf().make({ base, slides }))
    expect(Buffer.compare(slide?.bytes ?? new Uint8Array(), whole[2]?.bytes ?? new Uint8Array())).toBe(0)
  })

  test('is counted as work that was done', async () => {
    const studio = makerOf({ encoder: failingAt(0) })
    const carousel = studio.make({ base: await photoBytes(), slides: testSlides(2) })
    await outcomesOf(carousel)
    expect(carousel.work().encodes.ran).toBe(2)
  })
})

describe('a design that cannot be', () => {
  test.each([
    ['a logo that is no picture', { logo: Buffer.from('logo') }, 'BRAND_INVALID'],
    ['a font that is none', { fonts: { title: Buffer.from('font') } }, 'FONT_INVALID'],
  ])('is thrown before any slide: %s', async (_, brand, code) => {
    const carousel = makerOf().make({ base: await photoBytes(), slides: testSlides(2), brand })
    expect(await failureOf(() => slidesOf(carousel))).toMatchObject({ code })
  })
})

describe('an abort', () => {
  test('while the base is fetched ends the download', async () => {
    await using origin = await startHeldOrigin()
    const controller = new AbortController()
    const carousel = makerOf().make({
      base: origin.url,
      slides: testSlides(2),
      signal: controller.signal,
    })
    const failing = failureOf(() => slidesOf(carousel))
    const { closed } = await origin.arrival(0)
    const reason = new Error('nobody waits any more')
    controller.abort(reason)
    expect(await failing).toBe(reason)
    await closed
  })

  test('of one carousel leaves the other its download', async () => {
    const bytes = await photoBytes()
    await using origin = await startHeldOrigin()
    const studio = makerOf()
    const controller = new AbortController()
    const first = studio.make({ base: origin.url, slides: testSlides(2), signal: controller.signal })
    const second = studio.make({ base: origin.url, slides: testSlides(2) })
    const failing = failureOf(() => slidesOf(first))
    const slides = slidesOf(second)
    const { response } = await origin.arrival(0)
    controller.abort(new Error('gone'))
    expect(await failing).toMatchObject({ message: 'gone' })
    sendPicture(response, bytes)
    expect(await slides).toHaveLength(2)
    expect(origin.requests).toHaveLength(1)
  })

  test('after the first slide rejects those that had not begun', async () => {
    const controller = new AbortController()
    const encoder = failingAt()
    const carousel = makerOf({ encoder, concurrency: 1 }).make({
      base: await photoBytes(),
      slides: testSlides(6),
      signal: controller.signal,
    })
    const statuses: string[] = []
    for await (const outcome of carousel) {
      statuses.push(outcome.status)
      controller.abort(new Error('enough'))
    }
    expect(statuses).toHaveLength(6)
    expect(statuses[0]).toBe('fulfilled')
    expect(statuses.at(-1)).toBe('rejected')
    expect(encoder.calls).toBeLessThan(6)
  })

  test('before anything starts nothing', async () => {
    await using origin = await startHeldOrigin()
    const carousel = makerOf().make({
      base: origin.url,
      slides: testSlides(2),
      signal: AbortSignal.abort(new Error('too late')),
    })
    expect(await failureOf(() => slidesOf(carousel))).toMatchObject({ message: 'too late' })
    expect(origin.requests).toEqual([])
  })
})

describe('leaving', () => {
  test('the loop early makes no further slides and gives the pixels back', async () => {
    const encoder = failingAt()
    const studio = makerOf({ encoder, concurrency: 1, maxKeptBytes: 0 })
    for await (const outcome of studio.make({ base: await photoBytes(), slides: testSlides(20) })) {
      expect(outcome.status).toBe('fulfilled')
      expect(studio.pixels.buffers).toBeGreaterThan(0)
      break
    }
    expect(encoder.calls).toBeLessThan(20)
    expect(studio.pixels).toEqual({ buffers: 0, keptBytes: 0 })
  })

  test('a loop that throws does the same', async () => {
    const studio = makerOf({ maxKeptBytes: 0 })
    const base = await photoBytes()
    await failureOf(async () => {
      for await (const outcome of studio.make({ base, slides: testSlides(20) }))
        throw new Error(outcome.status)
    })
    expect(studio.pixels).toEqual({ buffers: 0, keptBytes: 0 })
  })
})

describe('what is kept', () => {
  test('stays within its bound, whatever comes', async () => {
    const maxKeptBytes = 4 * 1024 * 1024
    const studio = makerOf({ maxKeptBytes })
    const size = { widthPx: 500, heightPx: 600 }
    for (let seed = 1; seed <= 8; seed += 1) {
      await slidesOf(studio.make({ base: await photoBytes(640, 800, seed), slides: testSlides(2), size }))
      expect(studio.pixels.keptBytes).toBeLessThanOrEqual(maxKeptBytes)
    }
    expect(studio.pixels.keptBytes).toBeGreaterThan(0)
  })

  test('is never taken from a carousel that uses it', async () => {
    // Too small to keep anything: every frame lives by its leases alone.
    const studio = makerOf({ maxKeptBytes: 0 })
    const base = await photoBytes()
    const slides = testSlides(3)
    const expected = await slidesOf(makerOf().make({ base, slides }))
    const crowd = await Promise.all(
      Array.from({ length: 4 }, async () => slidesOf(studio.make({ base, slides }))),
    )
    for (const slidesMade of crowd) {
      slidesMade.forEach((slide, index) => {
        expect(Buffer.compare(slide.bytes, expected[index]?.bytes ?? new Uint8Array())).toBe(0)
      })
    }
    expect(studio.pixels).toEqual({ buffers: 0, keptBytes: 0 })
  })
})

describe('a closed maker', () => {
  test('makes nothing', async () => {
    const studio = makerOf()
    await studio.close()
    expect(await failureOf(() => studio.make({ base: 'a.jpg', slides: testSlides(2) }))).toMatchObject({
      code: 'CLOSED',
    })
  })
})

test('warming up leaves nothing behind', async () => {
  const studio = makerOf()
  await studio.warm()
  expect(studio.pixels).toEqual({ buffers: 0, keptBytes: 0 })
})

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { withOrientation } from '../packages/client/src/resize/testing/exif.ts'
import { goldResize, psnr, zonePlate } from '../packages/client/src/resize/testing/gold.ts'
import type { Pixels } from '../packages/client/src/resize/testing/gold.ts'
import type { TestBrowser, TestPage, TestProfile } from './support/browsers/browser.ts'
import { until } from './support/browsers/browser.ts'
import { describeInBrowsers } from './support/browsers/browsers.ts'
import { residentBytesOfChildren } from './support/browsers/resident-memory.ts'
import type { ModuleServer } from './support/module-server.ts'
import { startModuleServer } from './support/module-server.ts'

/** The resizer in real browsers: decoding, turning, policies, workers that die, memory. */

let server: ModuleServer
let browser: TestBrowser
let profile: TestProfile
let page: TestPage

const carouselPath = join(import.meta.dirname, '../docs/pictures/carousel.jpg')

const pageHtml = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`
const pageScript = `
import { createResizer } from '/packages/client/src/resize/resizer.ts'
const options = { workerUrl: '/packages/client/src/resize/worker.ts' }
globalThis.createResizer = (more = {}) => createResizer({ ...options, ...more })
globalThis.resizer = globalThis.createResizer()
/** Pixels of a picture resized from a URL, as [width, height, ...bytes]. */
globalThis.pixelsOf = (bitmap) => {
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true })
  context.drawImage(bitmap, 0, 0)
  const data = Array.from(context.getImageData(0, 0, bitmap.width, bitmap.height).data)
  const found = { widthPx: bitmap.width, heightPx: bitmap.height, data }
  bitmap.close()
  return found
}
globalThis.resized = async (path, options) => {
  const blob = await (await fetch(path)).blob()
  const { bitmap } = await resizer.resize(blob, options)
  return pixelsOf(bitmap)
}
globalThis.pageReady = true
`

beforeAll(async () => {
  server = await startModuleServer(resolve(import.meta.dirname, '..'))
  server.serve('/page.js', 'text/javascript', pageScript)
  server.serve('/', 'text/html', pageHtml)
})

afterAll(() => server.close())

async function open(path = '/'): Promise<void> {
  page = await profile.newPage()
  await page.goto(server.url + path)
  await until(page, 'globalThis.pageReady === true')
}

async function resized(path: string, options: object): Promise<Pixels> {
  const { widthPx, heightPx, data } = (await page.evaluate(
    `resized(${JSON.stringify(path)}, ${JSON.stringify(options)})`,
  )) as { widthPx: number; heightPx: number; data: number[] }
  return { widthPx, heightPx, data: Uint8ClampedArray.from(data) }
}

/** What libvips makes of the same file: `linear` in amounts of light, as the kernel does. */
async function byLibvips(bytes: Uint8Array, width: number, height: number, linear: boolean): Promise<Pixels> {
  let picture = sharp(bytes).rotate()
  if (linear) picture = picture.pipelineColourspace('scrgb')
  const data = await picture
    .resize(width, height, { kernel: 'lanczos3', fit: 'fill', fastShrinkOnLoad: false })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer()
  return { widthPx: width, heightPx: height, data }
}

function photoLike(widthPx: number, heightPx: number): Buffer {
  const data = Buffer.alloc(widthPx * heightPx * 3)
  for (let i = 0; i < widthPx * heightPx; i++) {
    const x = i % widthPx
    const y = Math.floor(i / widthPx)
    data[i * 3] = 128 + 100 * Math.sin(x / 17) * Math.cos(y / 29)
    data[i * 3 + 1] = ((x + y) % 256) / 2 + 60
    data[i * 3 + 2] = 128 + 90 * Math.sin((x * y) / 9000)
  }
  return data
}

function rgbaOf(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255)
  for (let i = 0; i < rgb.length; i++) rgba[Math.floor(i / 3) * 4 + (i % 3)] = rgb[i] ?? 0
  return rgba
}

describeInBrowsers('resizing', (kind) => {
  beforeAll(async () => {
    browser = await kind.launch()
    profile = await browser.newProfile()
  })
  afterEach(() => page.close())
  afterAll(() => browser.close())

  test('a photograph, in linear light and by planes, is as libvips has it', async () => {
    const raw = { width: 960, height: 640, channels: 3 as const }
    const jpeg = await sharp(photoLike(960, 640), { raw }).jpeg({ quality: 92 }).toBuffer()
    server.serve('/photo.jpg', 'image/jpeg', jpeg)
    await open()
    const linear = await resized('/photo.jpg', { widthPx: 240 })
    expect(linear).toMatchObject({ widthPx: 240, heightPx: 160 })
    // Decoders round differently, which is all that is between them.
    expect(psnr(linear, await byLibvips(jpeg, 240, 160, true))).toBeGreaterThan(42)
    const planar = await resized('/photo.jpg', { heightPx: 160, light: 'srgb' })
    expect(psnr(planar, await byLibvips(jpeg, 240, 160, false))).toBeGreaterThan(40)
    expect(page.complaints).toEqual([])
  })

  test('a zone plate has no rings that 64-bit arithmetic does not have', async () => {
    const plate = zonePlate(512)
    const png = await sharp(plate.data, { raw: { width: 512, height: 512, channels: 4 } })
      .png()
      .toBuffer()
    server.serve('/plate.png', 'image/png', png)
    await open()
    const made = await resized('/plate.png', { widthPx: 128, light: 'srgb' })
    expect(psnr(made, goldResize(plate, 128, 128, 'srgb'))).toBeGreaterThan(50)
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i is turned upright', async (orientation) => {
    const raw = { width: 320, height: 200, channels: 3 as const }
    const stored = await sharp(photoLike(320, 200), { raw }).jpeg({ quality: 95 }).toBuffer()
    const jpeg = withOrientation(stored, orientation)
    server.serve('/turned.jpg', 'image/jpeg', jpeg)
    await open()
    const [width, height] = orientation > 4 ? [50, 80] : [80, 50]
    for (const light of ['linear', 'srgb']) {
      const made = await resized('/turned.jpg', { widthPx: width, light })
      expect(made).toMatchObject({ widthPx: width, heightPx: height })
      expect(psnr(made, await byLibvips(jpeg, width, height, light === 'linear'))).toBeGreaterThan(36)
    }
  })

  test('transparency, wide gamut, a panorama, one pixel', async () => {
    const holes = await sharp({ create: { width: 300, height: 200, channels: 4, background: '#f000' } })
      .composite([
        {
          input: { create: { width: 150, height: 200, channels: 4, background: '#00f' } },
          left: 0,
          top: 0,
        },
      ])
      .png()
      .toBuffer()
    server.serve('/holes.png', 'image/png', holes)
    const wide = await sharp(photoLike(400, 300), { raw: { width: 400, height: 300, channels: 3 } })
      .withIccProfile('p3')
      .jpeg({ quality: 95 })
      .toBuffer()
    server.serve('/wide.jpg', 'image/jpeg', wide)
    const long = await sharp(photoLike(8000, 100), { raw: { width: 8000, height: 100, channels: 3 } })
      .png()
      .toBuffer()
    server.serve('/long.png', 'image/png', long)
    const dot = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#123456' } })
      .png()
      .toBuffer()
    server.serve('/dot.png', 'image/png', dot)
    await open()
    const cut = await resized('/holes.png', { widthPx: 30 })
    expect(Array.from(cut.data.subarray(4 * 5, 4 * 6))).toEqual([0, 0, 255, 255])
    expect(cut.data[4 * 25 + 3]).toBe(0)
    expect(
      psnr(
        await resized('/wide.jpg', { widthPx: 100, light: 'srgb' }),
        await byLibvips(wide, 100, 75, false),
      ),
    ).toBeGreaterThan(34)
    const gold = goldResize(
      { widthPx: 8000, heightPx: 100, data: rgbaOf(photoLike(8000, 100)) },
      500,
      6,
      'linear',
    )
    expect(psnr(await resized('/long.png', { widthPx: 500 }), gold)).toBeGreaterThan(50)
    expect(await resized('/dot.png', { widthPx: 7 })).toMatchObject({ widthPx: 7, heightPx: 7 })
  })

  test('broken files fail, each alone, and say so', async () => {
    const whole = await sharp(photoLike(200, 100), { raw: { width: 200, height: 100, channels: 3 } })
      .jpeg()
      .toBuffer()
    server.serve('/whole.jpg', 'image/jpeg', whole)
    server.serve('/text.jpg', 'image/jpeg', 'not a picture')
    server.serve('/empty.png', 'image/png', '')
    await open()
    const outcome = (await page.evaluate(`Promise.allSettled([
      resized('/text.jpg', { widthPx: 10, light: 'srgb' }), resized('/empty.png', { widthPx: 10 }),
      resized('/whole.jpg', { widthPx: 10 })]).then((all) => all.map((each) => each.reason?.code ?? each.status))`)) as string[]
    expect(outcome).toEqual(['failed', 'failed', 'fulfilled'])
  })

  test('a worker that is killed loses its own picture; the next picture has another worker', async () => {
    const raw = { width: 4000, height: 3000, channels: 3 as const }
    server.serve('/large.jpg', 'image/jpeg', await sharp(photoLike(4000, 3000), { raw }).jpeg().toBuffer())
    server.serve('/small.jpg', 'image/jpeg', readFileSync(carouselPath))
    await open()
    const codes = await page.evaluate(`(async () => {
      const real = Worker.prototype.postMessage
      const terminate = Worker.prototype.terminate
      let posted
      Worker.prototype.postMessage = function (...args) { posted = this; return real.apply(this, args) }
      const mine = createResizer({ workers: 1, timeoutMs: 1500 })
      const blob = await (await fetch('/large.jpg')).blob()
      const small = await (await fetch('/small.jpg')).blob()
      await mine.available
      const first = mine.resize(blob, { widthPx: 500 }).then(() => 'made', (error) => error.code)
      const second = mine.resize(small, { widthPx: 50 }).then(({ bitmap }) => bitmap.width, (error) => error.code)
      await new Promise((resolve) => setTimeout(resolve, 20))
      terminate.call(posted)
      return [await first, await second]
    })()`)
    expect(codes).toEqual(['timeout', 50])
  })

  test('who leaves is told at once, and the next in line goes on', async () => {
    server.serve('/one.png', 'image/png', readFileSync(carouselPath))
    await open()
    const outcome = await page.evaluate(`(async () => {
      const blob = await (await fetch('/one.png')).blob()
      const leaving = new AbortController()
      const first = resizer.resize(blob, { widthPx: 50, signal: leaving.signal }).catch((error) => error.message)
      const second = resizer.resize(blob, { widthPx: 60 })
      leaving.abort(new Error('enough'))
      return [await first, (await second).bitmap.width]
    })()`)
    expect(outcome).toEqual(['enough', 60])
  })

  test('a bitmap is resized as its file is; one that was given away before fails at once', async () => {
    const raw = { width: 320, height: 200, channels: 3 as const }
    server.serve('/bitmap.png', 'image/png', await sharp(photoLike(320, 200), { raw }).png().toBuffer())
    await open()
    const found = (await page.evaluate(`(async () => {
      const bitmap = await createImageBitmap(await (await fetch('/bitmap.png')).blob())
      const made = await resizer.resize(bitmap, { widthPx: 80 })
      const again = await resizer.resize(bitmap, { widthPx: 80 }).catch((error) => error.code)
      return { again, of: pixelsOf(made.bitmap), file: await resized('/bitmap.png', { widthPx: 80 }) }
    })()`)) as { again: string; of: { data: number[] }; file: { data: number[] } }
    expect(found.again).toBe('failed')
    expect(Buffer.from(found.of.data).equals(Buffer.from(found.file.data))).toBe(true)
  })

  test('memory comes back: five hundred pictures leave no more than one', async () => {
    const raw = { width: 640, height: 480, channels: 3 as const }
    server.serve('/many.jpg', 'image/jpeg', await sharp(photoLike(640, 480), { raw }).jpeg().toBuffer())
    await open()
    await page.evaluate(`(async () => {
      globalThis.blob = await (await fetch('/many.jpg')).blob()
      globalThis.some = async (count) => {
        for (let i = 0; i < count; i++) (await resizer.resize(blob, { widthPx: 100 + (i % 50), light: i % 2 ? 'srgb' : 'linear' })).bitmap.close()
      }
      await some(20)
    })()`)
    const before = await residentBytesOfChildren()
    await page.evaluate('some(500)')
    const after = await residentBytesOfChildren()
    // Sources that were kept would be six hundred megabytes. Firefox's collector leaves up to two hundred for later.
    expect((after ?? 0) - (before ?? 0)).toBeLessThan(350_000_000)
  })

  test('a policy without WebAssembly, or without workers, is an answer and no error', async () => {
    server.serve(
      '/one.png',
      'image/png',
      await sharp(photoLike(20, 20), { raw: { width: 20, height: 20, channels: 3 } })
        .png()
        .toBuffer(),
    )
    server.headers = {
      'content-security-policy': "default-src 'self'; img-src 'self' data:; script-src 'self'",
    }
    await open()
    expect(await page.evaluate('resizer.available')).toBe(false)
    expect(await page.evaluate(`resized('/one.png', { widthPx: 5 }).catch((error) => error.code)`)).toBe(
      'unavailable',
    )
    await page.close()
    server.headers = {
      'content-security-policy':
        "default-src 'self'; img-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'",
    }
    await open()
    expect(await page.evaluate('resizer.available')).toBe(true)
    expect(await resized('/one.png', { widthPx: 5 })).toMatchObject({ widthPx: 5 })
    await page.close()
    server.headers = { 'content-security-policy': "worker-src 'none'" }
    await open()
    expect(await page.evaluate('resizer.available')).toBe(false)
    server.headers = {}
  })
})

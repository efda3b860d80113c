import { resolve } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeBrowserFiles } from '../scripts/browser-files.ts'
import type { TestBrowser, TestPage, TestProfile } from './support/browsers/browser.ts'
import { until } from './support/browsers/browser.ts'
import { describeInBrowsers, titleOf } from './support/browsers/browsers.ts'
import { firefoxKind } from './support/browsers/firefox.ts'
import type { ModuleServer } from './support/module-server.ts'
import { startModuleServer } from './support/module-server.ts'

/** `prepareUpload` in real browsers, looked at with libvips: sizes, orientation, and what is no longer told. */

let server: ModuleServer
let browser: TestBrowser
let profile: TestProfile
let page: TestPage

beforeAll(async () => {
  server = await startModuleServer(resolve(import.meta.dirname, '..'))
  for (const [name, bytes] of Object.entries(await makeBrowserFiles())) {
    server.serve(`/client/${name}`, name.endsWith('.js') ? 'text/javascript' : 'application/wasm', bytes)
  }
  server.serve(
    '/page.js',
    'text/javascript',
    `import { prepareUpload } from '/client/upload.js'
    globalThis.prepare = async (path, options = {}) => {
      const steps = []
      const { name, type } = options
      const blob = await (await fetch(path)).blob()
      const file = name === undefined ? blob : new File([blob], name, { type: type ?? blob.type })
      const made = await prepareUpload(file, { ...options, onProgress: ({ stage, fraction }) => steps.push(stage + ' ' + fraction) })
      return { bytes: Array.from(new Uint8Array(await made.arrayBuffer())), type: made.type, name: made.name,
        widthPx: made.widthPx, heightPx: made.heightPx, change: made.change, steps }
    }
    globalThis.pageReady = true`,
  )
  server.serve('/', 'text/html', '<!doctype html><script type="module" src="/page.js"></script>')
}, 60_000)

afterAll(() => server.close())

interface Made {
  bytes: Buffer
  type: string
  name: string
  widthPx: number
  heightPx: number
  change: string
  steps: string[]
}

async function prepare(bytes: Uint8Array, mediaType: string, options: object = {}): Promise<Made> {
  server.serve('/file', mediaType, bytes)
  page = await profile.newPage()
  await page.goto(server.url)
  await until(page, 'globalThis.pageReady === true')
  const made = (await page.evaluate(`prepare('/file', ${JSON.stringify(options)})`)) as Omit<
    Made,
    'bytes'
  > & { bytes: number[] }
  return { ...made, bytes: Buffer.from(made.bytes) }
}

/** 400 × 200, the left half red, with a place and a camera. */
async function told(format: 'jpeg' | 'png' | 'webp', orientation = 1): Promise<Buffer> {
  const red = { create: { width: 200, height: 200, channels: 3 as const, background: '#f00' } }
  return await sharp({ create: { width: 400, height: 200, channels: 3, background: '#00f' } })
    .composite([{ input: red, left: 0, top: 0 }])
    .withExif({
      IFD0: { Make: 'CAMERA-OF-MINE', Artist: 'NAME-OF-MINE' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 3230/100' },
    })
    .withMetadata({ orientation })
    .toFormat(format, { quality: 95 })
    .toBuffer()
}

async function expectNothingTold(bytes: Buffer): Promise<void> {
  const text = bytes.toString('latin1')
  expect(text).not.toContain('OF-MINE')
  const { exif, xmp, iptc } = await sharp(bytes).metadata()
  expect(exif?.includes('GPS') ?? false).toBe(false)
  expect([xmp, iptc]).toEqual([undefined, undefined])
}

describeInBrowsers('prepareUpload', (kind) => {
  beforeAll(async () => {
    browser = await kind.launch()
    profile = await browser.newProfile()
  })
  afterEach(() => page.close())
  afterAll(() => browser.close())

  test('a large photograph becomes small, upright, and tells nothing', async () => {
    const photo = await told('jpeg', 6)
    await expect(expectNothingTold(photo)).rejects.toThrow('OF-MINE')
    const made = await prepare(photo, 'image/jpeg', { maxPixels: 20_000, name: 'holiday.jpg' })
    expect(made).toMatchObject({
      type: 'image/jpeg',
      name: 'holiday.jpg',
      widthPx: 100,
      heightPx: 200,
      change: 'encoded',
    })
    expect(made.steps).toEqual(['read 0', 'resize 0.4', 'encode 0.7', 'done 1'])
    await expectNothingTold(made.bytes)
    const { data, info } = await sharp(made.bytes).raw().toBuffer({ resolveWithObject: true })
    // Orientation 6: what was on the left is above.
    expect([info.width, info.height]).toEqual([100, 200])
    expect(data[0]).toBeGreaterThan(200)
    expect(data[data.length - 1]).toBeGreaterThan(200)
  })

  test.each(['jpeg', 'png', 'webp'] as const)(
    'a small %s keeps its pixels, and tells nothing',
    async (format) => {
      const photo = await told(format, format === 'jpeg' ? 6 : 1)
      const made = await prepare(photo, `image/${format}`)
      expect(made).toMatchObject({ type: `image/${format}`, change: 'stripped' })
      await expectNothingTold(made.bytes)
      expect(made.bytes.length).toBeLessThan(photo.length)
      const [before, after] = await Promise.all(
        [photo, made.bytes].map((bytes) => sharp(bytes).rotate().raw().toBuffer()),
      )
      expect(before?.equals(after ?? Buffer.alloc(0))).toBe(true)
    },
  )

  test('a small file with nothing to tell is left alone, to the byte', async () => {
    const plain = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#777' } })
      .jpeg()
      .toBuffer()
    const made = await prepare(plain, 'image/jpeg', { name: 'plain.jpg' })
    expect(made).toMatchObject({ change: 'none', name: 'plain.jpg', steps: ['read 0', 'done 1'] })
    expect(made.bytes.equals(plain)).toBe(true)
  })

  test('what lies behind the end of a JPEG is another file, with a place of its own', async () => {
    const photo = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#777' } })
      .jpeg({ progressive: true })
      .toBuffer()
    const made = await prepare(Buffer.concat([photo, await told('jpeg')]), 'image/jpeg')
    expect(made.change).toBe('stripped')
    expect(made.bytes.equals(photo)).toBe(true)
  })

  test('formats: as asked, white behind transparency, and never PNG under another name', async () => {
    const holes = await sharp({ create: { width: 40, height: 30, channels: 4, background: '#f000' } })
      .png()
      .toBuffer()
    const jpeg = await prepare(holes, 'image/png', { format: 'jpeg', name: 'cut.png' })
    expect(jpeg).toMatchObject({ type: 'image/jpeg', name: 'cut.jpg' })
    expect((await sharp(jpeg.bytes).metadata()).format).toBe('jpeg')
    expect((await sharp(jpeg.bytes).raw().toBuffer())[0]).toBe(255)
    await page.close()
    const webp = await prepare(await told('jpeg'), 'image/jpeg', { format: 'webp', quality: 60 })
    expect((await sharp(webp.bytes).metadata()).format).toBe(webp.type.replace('image/', ''))
    await page.close()
    const avif = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#777' } })
      .avif()
      .toBuffer()
    const made = await prepare(avif, 'image/avif', { name: 'a.avif' })
    expect(made).toMatchObject({ type: 'image/jpeg', name: 'a.jpg', change: 'encoded', widthPx: 64 })
  })

  test('without WebAssembly it does the same by canvas', async () => {
    server.headers = { 'content-security-policy': "default-src 'self'" }
    const made = await prepare(await told('jpeg', 6), 'image/jpeg', { maxPixels: 20_000 })
    server.headers = {}
    expect(made).toMatchObject({ widthPx: 100, heightPx: 200, change: 'encoded' })
    await expectNothingTold(made.bytes)
  })

  test('what is no picture, and options out of range, are refused with a reason', async () => {
    await expect(prepare(Buffer.from('no picture'), 'image/jpeg')).rejects.toThrow('no picture that this')
    await page.close()
    const plain = await told('png')
    await expect(prepare(plain, 'image/png', { maxPixels: 0 })).rejects.toThrow('maxPixels')
    await page.close()
    await expect(prepare(plain, 'image/png', { quality: 0 })).rejects.toThrow('quality')
  })
})

describe.skipIf(firefoxKind.missing !== undefined)(
  `prepareUpload where fingerprinting is resisted: ${titleOf(firefoxKind)}`,
  () => {
    beforeAll(async () => {
      browser = await firefoxKind.launch({ resistsFingerprinting: true })
      profile = await browser.newProfile()
    })
    afterEach(() => page.close())
    afterAll(() => browser.close())

    test('noise is never sent: what need not be encoded is stripped, all else is refused', async () => {
      await expect(prepare(await told('jpeg'), 'image/jpeg', { maxPixels: 20_000 })).rejects.toThrow('noise')
      await page.close()
      const small = await prepare(await told('jpeg'), 'image/jpeg')
      expect(small.change).toBe('stripped')
      await expectNothingTold(small.bytes)
    })

    test('the resizer says that it cannot work', async () => {
      page = await profile.newPage()
      await page.goto(server.url)
      expect(
        await page.evaluate(`import('/packages/client/src/resize/resizer.ts').then(({ createResizer }) =>
          createResizer({ workerUrl: '/packages/client/src/resize/worker.ts' }).available)`),
      ).toBe(false)
    })
  },
)

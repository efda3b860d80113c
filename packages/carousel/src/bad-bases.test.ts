import { randomBytes } from 'node:crypto'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHeldOrigin } from '../../outbound/src/testing/held-origin.ts'
import { sendPicture, startOrigin } from '../../outbound/src/testing/test-origin.ts'
import { declaredPng } from '../../picture/src/testing/test-pictures.ts'
import type { BaseInput } from './carousel-request.ts'
import type { CarouselMaker } from './carousel-maker.ts'
import { createCarouselMaker } from './carousel-maker.ts'
import { failureOf, slidesOf } from './testing/collect.ts'
import { photoBytes, testPhoto, testSlides } from './testing/test-bases.ts'

const maxBaseBytes = 4 * 1024 * 1024
let maker: CarouselMaker
let folder: string
beforeAll(async () => {
  maker = createCarouselMaker({
    outbound: { allow: ['127.0.0.1'], timeouts: { headersMs: 200 } },
    maxBaseBytes,
    maxKeptBytes: 0,
    findFaces: false,
  })
  folder = await mkdtemp(join(tmpdir(), 'darkroom-bases-'))
})
afterAll(async () => {
  await maker.close()
  await rm(folder, { recursive: true, force: true })
})

/** Fails by the slides and by `base` alike, and leaves nothing leased. */
async function failureFor(base: BaseInput): Promise<unknown> {
  const carousel = await failureOr(() => maker.make({ base, slides: testSlides(2) }))
  if (carousel instanceof Error) return carousel
  const failure = await failureOf(() => slidesOf(carousel))
  expect(await carousel.base.catch((error: unknown) => error)).toSatisfy(
    (base_: unknown) => base_ === failure || !(base_ instanceof Error),
  )
  expect(maker.pixels).toEqual({ buffers: 0, keptBytes: 0 })
  return failure
}

async function failureOr<T>(work: () => T): Promise<T | Error> {
  try {
    return work()
  } catch (error) {
    return error as Error
  }
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"><image href="file:///etc/passwd"/></svg>`

describe('bytes', () => {
  const bad: readonly (readonly [
    what: string,
    bytes: () => Promise<Uint8Array> | Uint8Array,
    code: string,
  ])[] = [
    ['none', () => new Uint8Array(), 'BASE_INVALID'],
    ['text', () => Buffer.from('not a picture'), 'NOT_AN_IMAGE'],
    ['noise', () => randomBytes(10_000).fill(0, 0, 4), 'NOT_AN_IMAGE'],
    ['HTML', () => Buffer.from('<!doctype html><title>404</title>'), 'NOT_AN_IMAGE'],
    ['an SVG with an external reference', () => Buffer.from(svg), 'NOT_AN_IMAGE'],
    ['a PNG of 30,000 × 30,000', () => declaredPng(30_000, 30_000), 'IMAGE_TOO_LARGE'],
    ['half a JPEG', async () => cut(await photoBytes()), 'TRUNCATED'],
    ['half a PNG', async () => cut(await testPhoto().png().toBuffer()), 'TRUNCATED'],
    ['40 × 40', async () => testPhoto(40, 40).png().toBuffer(), 'BASE_TOO_SMALL'],
    ['a strip of 3,000 × 40', async () => testPhoto(3000, 40).png().toBuffer(), 'BASE_TOO_SMALL'],
    ['too many', () => new Uint8Array(maxBaseBytes + 1), 'BASE_TOO_LARGE'],
  ]
  test.each(bad)('%s', async (_, bytes, code) => {
    expect(await failureFor(await bytes())).toMatchObject({ code })
  })

  test('a JPEG with a damaged middle', async () => {
    const bytes = Buffer.from(await testPhoto(800, 1000).jpeg().toBuffer())
    const middle = Math.floor(bytes.length / 2)
    // A marker in the entropy-coded data, where none may be.
    bytes.fill(Uint8Array.of(0xff, 0xc4, 0x00, 0x02), middle, middle + 4000)
    expect(await failureFor(bytes)).toMatchObject({ name: 'PictureError' })
  })

  test.each([
    ['a small base', 200, 200],
    ['a panorama', 3000, 200],
    ['a tower', 220, 2600],
    ['odd sides', 333, 217],
  ])('%s becomes slides, enlarged', async (_, widthPx, heightPx) => {
    const base = await testPhoto(widthPx, heightPx).png().toBuffer()
    const [slide] = await slidesOf(maker.make({ base, slides: testSlides(2) }))
    expect(slide).toMatchObject({ widthPx: 1080, heightPx: 1350 })
  })
})

describe('paths', () => {
  test('a file is read, also by a file: URL', async () => {
    const path = join(folder, 'photo.jpg')
    await writeFile(path, await photoBytes())
    for (const base of [path, pathToFileURL(path)]) {
      const carousel = maker.make({ base, slides: testSlides(2) })
      expect(await slidesOf(carousel)).toHaveLength(2)
      expect(carousel.work().fetches).toEqual({ ran: 1, joined: 0, cached: 0 })
    }
  })

  test('what is not there, a folder, a dangling link, a pipe', async () => {
    await symlink(join(folder, 'nowhere'), join(folder, 'link'))
    await promisify(execFile)('mkfifo', [join(folder, 'pipe')])
    for (const name of ['absent.jpg', '.', 'link', 'pipe']) {
      expect(await failureFor(join(folder, name)), name).toMatchObject({
        code: 'BASE_INVALID',
        param: 'base',
      })
    }
  })

  test('a file that is too large is not read', async () => {
    const path = join(folder, 'large.jpg')
    await writeFile(path, new Uint8Array(maxBaseBytes + 1))
    expect(await failureFor(path)).toMatchObject({ code: 'BASE_TOO_LARGE' })
  })

  test.each(['', 'a\0b', 'file:///etc/passwd', 'ftp://example.com/a.jpg', 'data:image/png;base64,AAAA'])(
    'the string %j is no path and no URL that is fetched',
    async (base) => {
      expect(await failureFor(base)).toMatchObject({ code: 'BASE_INVALID' })
    },
  )

  test('what is no base at all', async () => {
    const wrong: unknown[] = [undefined, null, 7, {}, []]
    for (const base of wrong) {
      expect(await failureFor(base as BaseInput)).toMatchObject({ code: 'BASE_INVALID' })
    }
  })
})

describe('URLs', () => {
  test('one that answers 404', async () => {
    await using origin = await startOrigin((_, response) => response.writeHead(404).end('no'))
    expect(await failureFor(origin.url)).toMatchObject({ code: 'HTTP_STATUS', status: 404 })
    expect(origin.requests).toHaveLength(1)
  })

  test('one that hangs', async () => {
    await using origin = await startHeldOrigin()
    expect(await failureFor(origin.url)).toMatchObject({ code: 'TIMEOUT' })
  })

  test('one that redirects to a private address', async () => {
    await using inner = await startOrigin((_, response) => sendPicture(response), { host: '127.0.0.2' })
    await using origin = await startOrigin((_, response) =>
      response.writeHead(302, { Location: `${inner.url}/secret` }).end(),
    )
    // 127.0.0.1 is let through here, 127.0.0.2 is not.
    expect(await failureFor(origin.url)).toMatchObject({ code: 'ADDRESS_FORBIDDEN' })
    expect(inner.requests).toEqual([])
  })

  test('a private address itself, without being allowed', async () => {
    await using strict = createCarouselMaker({ findFaces: false })
    const carousel = strict.make({ base: 'http://127.0.0.1/photo.jpg', slides: testSlides(2) })
    expect(await failureOf(() => slidesOf(carousel))).toMatchObject({ code: 'ADDRESS_FORBIDDEN' })
  })

  test('one that says that it sends 200 MB, and one that does not say it', async () => {
    for (const headers of [{ 'Content-Length': String(200 * 1024 * 1024) }, {}]) {
      await using origin = await startOrigin((_, response) => {
        response.writeHead(200, { 'Content-Type': 'image/jpeg', ...headers })
        const send = (): void => {
          while (!response.destroyed && response.write(new Uint8Array(256 * 1024)));
          response.once('drain', send)
        }
        send()
      })
      expect(await failureFor(origin.url)).toMatchObject({ code: 'TOO_LARGE' })
    }
  })

  test('one that sends a page instead of a picture', async () => {
    await using origin = await startOrigin((_, response) =>
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>'),
    )
    expect(await failureFor(origin.url)).toMatchObject({ code: 'MEDIA_TYPE' })
  })

  test('one that calls a page a picture', async () => {
    await using origin = await startOrigin((_, response) => sendPicture(response, '<p>'))
    expect(await failureFor(origin.url)).toMatchObject({ code: 'NOT_AN_IMAGE' })
  })
})

function cut(bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, bytes.length / 2)
}

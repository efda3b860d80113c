import type { CarouselMaker } from '@darkroom/carousel'
import { inspectPicture } from '@darkroom/picture'
import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { OpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import type { PhotoOrigin } from './support/photo-origin.ts'
import { makePhoto, startPhotoOrigin } from './support/photo-origin.ts'
import { bodyHash, makeDataDir, removeDataDir, until } from './support/server-process.ts'

interface Unit {
  ran: number
  joined: number
  cached: number
}

interface CarouselRecord {
  id: string
  status: string
  base: { image: string | null; url?: string; prompt?: string; generation?: string }
  slides: {
    index: number
    kind: string
    title: string
    status: string
    id: string | null
    url: string | null
    width: number
    height: number
    bytes: number
    fit: { fits: boolean }
    error?: { code: string }
  }[]
  work: Record<string, number>
  workDetail: Record<string, Unit>
  error?: { code: string; message: string }
}

let platform: Platform
let dataDir: string
let origin: PhotoOrigin
let fake: OpenAIFake
/** Titles whose slide the maker refuses. */
const broken = new Set<string>()

/** The real maker; only slides with certain titles are said to have failed. */
function breakable(maker: CarouselMaker): Pick<CarouselMaker, 'make' | 'warm'> {
  return {
    warm: () => maker.warm(),
    make: (request) => {
      const carousel = maker.make(request)
      return {
        get base() {
          return carousel.base
        },
        work: () => carousel.work(),
        durations: () => carousel.durations(),
        async *[Symbol.asyncIterator]() {
          for await (const outcome of carousel) {
            const isBroken = broken.has(request.slides[outcome.index]?.title ?? '')
            yield isBroken
              ? { index: outcome.index, status: 'rejected' as const, reason: new Error('broken by the test') }
              : outcome
          }
        },
      }
    },
  }
}

beforeAll(async () => {
  dataDir = await makeDataDir()
  origin = await startPhotoOrigin()
  fake = await startOpenAIFake()
  platform = await createPlatform({
    config: parseConfig({
      DARKROOM_DATA: dataDir,
      DARKROOM_OUTBOUND_ALLOW: '127.0.0.1',
      DARKROOM_UPLOAD_MB: '2',
      DARKROOM_MODELS: 'default=openai:any,*=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
    }),
    log: pino({ level: 'silent' }),
    carouselMaker: breakable,
    outboundTimeouts: { headersMs: 1500 },
  })
})

afterEach(() => broken.clear())

afterAll(async () => {
  await platform.close()
  await fake.close()
  await origin[Symbol.asyncDispose]()
  await removeDataDir(dataDir)
})

function ask(path: string, init?: RequestInit): Promise<Response> {
  return platform.fetch(new Request(`http://127.0.0.1${path}`, init))
}

function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return ask(path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

function post(body: unknown, headers?: Record<string, string>): Promise<Response> {
  return send('POST', '/v1/carousels', body, headers)
}

async function recordOf(response: Response): Promise<CarouselRecord> {
  const body = (await response.json()) as CarouselRecord
  if (response.status >= 400) throw new Error(`${response.status} ${JSON.stringify(body)}`)
  return body
}

async function read(id: string): Promise<CarouselRecord> {
  return await recordOf(await ask(`/v1/carousels/${id}`))
}

async function untilRecord(id: string, holds: (record: CarouselRecord) => boolean): Promise<CarouselRecord> {
  return await until(async () => {
    const record = await read(id)
    return holds(record) ? record : undefined
  })
}

let count = 0

/** A path of the origin that no other test uses. */
function newPath(): string {
  count += 1
  return `/photo-${count}.jpg`
}

/** Six slides whose words no other test has, so that no result of another is found. */
function newSlides(): { kind: string; title: string; body?: string; label?: string }[] {
  count += 1
  return [
    { kind: 'hook', title: `One photo, **${count}** slides` },
    { kind: 'credibility', title: `${count} %`, body: 'Source: nobody' },
    { kind: 'point', title: `First ${count}`, body: 'Download it once.' },
    { kind: 'point', title: `Second ${count}`, body: 'Decode it once.' },
    { kind: 'point', title: `Third ${count}`, body: 'Analyse it once.' },
    { kind: 'cta', title: `Try it ${count}`, label: 'Now' },
  ]
}

async function eventsOf(
  id: string,
  after?: number,
): Promise<{ id: number; event: string; data: Record<string, unknown> }[]> {
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': String(after) }
  const text = await (await ask(`/v1/carousels/${id}/events`, { headers })).text()
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('id:'))
    .map((block) => {
      const [, seq, event, data] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/u.exec(block) ?? []
      return {
        id: Number(seq),
        event: event ?? '',
        data: JSON.parse(data ?? '{}') as Record<string, unknown>,
      }
    })
}

describe('one base, many slides', () => {
  test('six slides are one fetch, one decode, one analysis and six overlays, each slide a stored picture', async () => {
    const path = newPath()
    const response = await post({ base: { url: origin.url + path }, slides: newSlides(), tags: ['autumn'] })
    expect(response.status).toBe(201)
    const record = await recordOf(response)
    expect(response.headers.get('location')).toBe(`/v1/carousels/${record.id}`)
    expect(record).toMatchObject({ status: 'stored', size: '1080x1350', format: 'jpeg', tags: ['autumn'] })
    expect(record.work).toMatchObject({ fetches: 1, decodes: 1, analyses: 1, overlays: 6, encodes: 6 })
    expect(record.workDetail['decodes']).toEqual({ ran: 1, joined: 0, cached: 0 })
    expect(origin.countOf(path)).toBe(1)
    expect(record.slides.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5])
    for (const slide of record.slides) {
      const picture = await ask(slide.url ?? '')
      expect(picture.status).toBe(200)
      expect(picture.headers.get('cache-control')).toMatch(/immutable/u)
      const bytes = new Uint8Array(await picture.arrayBuffer())
      expect(bytes.byteLength).toBe(slide.bytes)
      expect(await inspectPicture(bytes)).toMatchObject({ format: 'jpeg', widthPx: 1080, heightPx: 1350 })
    }
    expect(await read(record.id)).toEqual(record)
  })

  test('two carousels at once over one URL fetch, decode and analyse it once', async () => {
    const path = newPath()
    // A photograph that no other test has, so that nothing of it is known.
    const release = origin.hold(path, await makePhoto(1100, 1400))
    const answers = [newSlides(), newSlides(), newSlides()].map((slides) =>
      post({ base: { url: origin.url + path }, slides }),
    )
    await until(async () => (origin.countOf(path) > 0 ? true : undefined))
    release()
    const records = await Promise.all(answers.map(async (answer) => await recordOf(await answer)))
    expect(origin.countOf(path)).toBe(1)
    for (const kind of ['fetches', 'decodes', 'analyses']) {
      expect(records.map(({ work }) => work[kind])).toEqual([1, 1, 1])
      expect(records.reduce((sum, { workDetail }) => sum + (workDetail[kind]?.ran ?? 0), 0)).toBe(1)
    }
    expect(records.map(({ workDetail }) => workDetail['overlays']?.ran)).toEqual([6, 6, 6])
  })

  test('two equal carousels at once make each slide once; a later one makes none', async () => {
    const body = { base: { url: origin.url + newPath() }, slides: newSlides() }
    const [one, two] = await Promise.all(
      [post(body), post(body)].map(async (answer) => await recordOf(await answer)),
    )
    expect(one?.id).not.toBe(two?.id)
    expect(one?.slides.map(({ id }) => id)).toEqual(two?.slides.map(({ id }) => id))
    const overlays = [one, two].map((record) => record?.workDetail['overlays'])
    expect(overlays.reduce((sum, units) => sum + (units?.ran ?? 0), 0)).toBe(6)
    const later = await recordOf(await post(body))
    expect(later.workDetail).toMatchObject({
      decodes: { ran: 0 },
      overlays: { ran: 0, cached: 6 },
      encodes: { ran: 0, cached: 6 },
    })
    expect(later.slides.map(({ id }) => id)).toEqual(one?.slides.map(({ id }) => id))
  })

  test('another size of the same base shares its decode', async () => {
    const photo = await makePhoto(1300, 1300, '#804020')
    const upload = await ask('/v1/uploads', {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: new Uint8Array(photo),
    })
    const { id } = (await upload.json()) as { id: string }
    const slides = newSlides()
    const first = await recordOf(await post({ base: { image: id }, slides, size: '1080x1350' }))
    const second = await recordOf(
      await post({ base: { image: id }, slides, size: '1080x1080', format: 'webp' }),
    )
    expect(first.work['fetches']).toBe(0)
    expect(second.workDetail['decodes']?.ran).toBe(0)
    expect(second.workDetail['analyses']?.ran).toBe(0)
    expect(second.slides[0]).toMatchObject({ width: 1080, height: 1080 })
  })

  test('a multipart body brings the photograph with it', async () => {
    const form = new FormData()
    form.set('file', new Blob([new Uint8Array(origin.photo)]), 'photo.jpg')
    form.set('carousel', JSON.stringify({ slides: newSlides(), format: 'png' }))
    const record = await recordOf(await ask('/v1/carousels', { method: 'POST', body: form }))
    expect(record).toMatchObject({ status: 'stored', format: 'png', work: { fetches: 0, overlays: 6 } })
    expect(record.base.image).toMatch(/^img_/u)
    const picture = await ask(`/v1/carousels/${record.id}/slides/0`)
    expect(picture.headers.get('content-type')).toBe('image/png')
  })

  test('a logo by URL and by id', async () => {
    const logo = origin.url + newPath()
    const body = { base: { url: origin.url + newPath() }, slides: newSlides() }
    const byUrl = await recordOf(
      await post({ ...body, brand: { color: '#E4572E', handle: '@me', logo: { url: logo } } }),
    )
    expect(byUrl).toMatchObject({ status: 'stored', work: { fetches: 2 } })
    const byId = await post({ ...body, brand: { logo: { image: byUrl.base.image } } })
    expect(byId.status).toBe(201)
  })
})

describe('a base that is generated first', () => {
  test('is one generation for two carousels and a prompt URL, and holds no worker while it is drawn', async () => {
    const prompt = `a workshop at dusk ${newPath()}`
    const before = fake.calls.length
    const release = fake.hold()
    const waiting = Array.from({ length: 6 }, () => post({ base: { prompt }, slides: newSlides() }))
    const live = ask(`/live/demo?${new URLSearchParams({ prompt, format: 'jpeg' })}`)
    await fake.waitForCalls(before + 1)
    // More carousels wait for the model than this process makes at once; another one is made all the same.
    const other = await recordOf(await post({ base: { url: origin.url + newPath() }, slides: newSlides() }))
    expect(other.status).toBe('stored')
    release()
    const records = await Promise.all(waiting.map(async (answer) => await recordOf(await answer)))
    expect((await live).status).toBe(200)
    expect(fake.calls.length - before).toBe(1)
    for (const record of records) {
      expect(record).toMatchObject({ status: 'stored', work: { fetches: 0 }, base: { prompt } })
      expect(record.base.image).toBe((await live).headers.get('x-image-id'))
    }
    const generation = await ask(`/v1/generations/${records[0]?.base.generation}`)
    expect(await generation.json()).toMatchObject({ status: 'stored', prompt })
  })

  test('that fails, fails the carousel with its reason; a retry asks for it again', async () => {
    fake.mode = 'content-policy'
    const prompt = `refused ${newPath()}`
    const refused = await post({ base: { prompt }, slides: newSlides() })
    fake.mode = 'ok'
    expect(refused.status).toBe(451)
    const problem = (await refused.json()) as { code: string; carouselId: string }
    expect(problem.code).toBe('moderated')
    expect(refused.headers.get('location')).toBe(`/v1/carousels/${problem.carouselId}`)
    const failed = await read(problem.carouselId)
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'moderated' } })
    expect(failed.slides.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'failed'))
    const retried = await recordOf(await send('POST', `/v1/carousels/${failed.id}/slides/0/retry`))
    expect(retried.slides.map(({ status }) => status)[0]).toBe('stored')
  })
})

describe('a change of one slide', () => {
  test('draws one overlay and nothing else; the other slides stay byte for byte', async () => {
    const path = newPath()
    const record = await recordOf(await post({ base: { url: origin.url + path }, slides: newSlides() }))
    const slide = `/v1/carousels/${record.id}/slides/2`
    const before = await ask(slide)
    const response = await send('PATCH', slide, { title: 'Another headline' })
    expect(response.status).toBe(200)
    const changed = await recordOf(response)
    expect(changed).toMatchObject({ status: 'stored', work: { fetches: 0, overlays: 1, encodes: 1 } })
    expect(changed.workDetail).toMatchObject({
      fetches: { ran: 0 },
      decodes: { ran: 0 },
      analyses: { ran: 0 },
    })
    expect(origin.countOf(path)).toBe(1)
    const others = (slides: CarouselRecord['slides']): (string | null)[] =>
      slides.filter(({ index }) => index !== 2).map(({ id }) => id)
    expect(others(changed.slides)).toEqual(others(record.slides))
    expect(changed.slides[2]).toMatchObject({ title: 'Another headline', status: 'stored' })
    expect(changed.slides[2]?.id).not.toBe(record.slides[2]?.id)
    // The old address still shows the old picture, the slide's own address the new one.
    expect((await ask(record.slides[2]?.url ?? '')).status).toBe(200)
    const after = await ask(slide, { headers: { 'if-none-match': before.headers.get('etag') ?? '' } })
    expect(after.status).toBe(200)
    expect(await bodyHash(after)).toBe(await bodyHash(await ask(changed.slides[2]?.url ?? '')))
    const same = await ask(slide, { headers: { 'if-none-match': after.headers.get('etag') ?? '' } })
    expect(same.status).toBe(304)
    const unchanged = await recordOf(await send('PATCH', slide, { title: 'Another headline' }))
    expect(Object.values(unchanged.work).every((units) => units === 0)).toBe(true)
    // The whole carousel: one fetch, one decode, and seven overlays by now.
    expect((await read(record.id)).work).toMatchObject({ fetches: 1, decodes: 1, analyses: 1, overlays: 7 })
  })

  test('back to what it was draws nothing; without a difference nothing happens', async () => {
    const slides = newSlides()
    const record = await recordOf(await post({ base: { url: origin.url + newPath() }, slides }))
    const path = `/v1/carousels/${record.id}/slides/0`
    const changed = await recordOf(
      await send('PATCH', path, { title: 'Something else', body: 'A second line' }),
    )
    expect(changed.work['overlays']).toBe(1)
    const back = await recordOf(await send('PATCH', path, { title: slides[0]?.title, body: null }))
    expect(back.work['overlays']).toBe(0)
    expect(back.slides[0]?.id).toBe(record.slides[0]?.id)
    const last = (await eventsOf(record.id)).at(-1)?.id
    expect((await send('PATCH', path, { title: slides[0]?.title })).status).toBe(200)
    expect((await eventsOf(record.id)).at(-1)?.id).toBe(last)
  })

  test('many at once are all made', async () => {
    const record = await recordOf(await post({ base: { url: origin.url + newPath() }, slides: newSlides() }))
    await Promise.all(
      record.slides.map(async ({ index }) =>
        recordOf(
          await send('PATCH', `/v1/carousels/${record.id}/slides/${index}`, { title: `New ${index}` }),
        ),
      ),
    )
    const changed = await untilRecord(record.id, ({ status }) => status === 'stored')
    expect(changed.slides.map(({ title }) => title)).toEqual(record.slides.map(({ index }) => `New ${index}`))
    expect(changed.work['overlays']).toBe(12)
  })

  test('bad changes are told what to do', async () => {
    const record = await recordOf(await post({ base: { url: origin.url + newPath() }, slides: newSlides() }))
    const path = `/v1/carousels/${record.id}/slides`
    for (const [where, body, status] of [
      ['0', {}, 400],
      ['0', { title: '' }, 400],
      ['0', { title: 'a\u0000b' }, 400],
      ['0', { title: 'x'.repeat(5001) }, 400],
      ['0', { kind: 'cta' }, 400],
      ['6', { title: 'x' }, 404],
      ['-1', { title: 'x' }, 404],
      ['one', { title: 'x' }, 404],
    ] as const) {
      expect(
        (await send('PATCH', `${path}/${where}`, body)).status,
        `${where} ${JSON.stringify(body).slice(0, 60)}`,
      ).toBe(status)
    }
  })
})

describe('a slide that fails', () => {
  test('does not fail the others, and is retried alone', async () => {
    const slides = newSlides()
    broken.add(slides[3]?.title ?? '')
    const path = newPath()
    const response = await post({ base: { url: origin.url + path }, slides })
    expect(response.status).toBe(201)
    const record = await recordOf(response)
    expect(record).toMatchObject({ status: 'failed', error: { code: 'internal' } })
    expect(record.slides.map(({ status }) => status)).toEqual(
      slides.map((_, index) => (index === 3 ? 'failed' : 'stored')),
    )
    expect((await send('POST', `/v1/carousels/${record.id}/slides/0/retry`)).status).toBe(409)
    expect((await ask(`/v1/carousels/${record.id}/slides/3`)).status).toBe(500)
    broken.clear()
    const retried = await recordOf(await send('POST', `/v1/carousels/${record.id}/slides/3/retry`))
    expect(retried).toMatchObject({ status: 'stored', work: { fetches: 0, overlays: 1 } })
    expect(retried.error).toBeUndefined()
    expect(origin.countOf(path)).toBe(1)
    for (const index of [0, 1, 2, 4, 5]) expect(retried.slides[index]?.id).toBe(record.slides[index]?.id)
  })
})

test('a retry of a slide whose base failed fetches the base, and says so; the next one does not', async () => {
  const path = newPath()
  origin.answer(path, (_, response) => response.writeHead(404).end())
  const refused = await post({ base: { url: origin.url + path }, slides: newSlides() })
  expect(refused.status).toBe(422)
  const { carouselId } = (await refused.json()) as { carouselId: string }
  // A photograph that no other test has: decoded here or nowhere.
  const photo = await makePhoto(900, 1100, '#884422')
  origin.answer(path, (_, response) => response.setHeader('content-type', 'image/jpeg').end(photo))
  const retry = async (index: number): Promise<CarouselRecord> =>
    await recordOf(await send('POST', `/v1/carousels/${carouselId}/slides/${index}/retry`))
  expect((await retry(0)).work).toMatchObject({ fetches: 1, decodes: 1, overlays: 1 })
  expect((await retry(1)).work).toMatchObject({ fetches: 0, decodes: 0, overlays: 1 })
  expect((await read(carouselId)).work).toMatchObject({ fetches: 1, decodes: 1, overlays: 2 })
  expect(origin.countOf(path)).toBe(2)
})

describe('all slides in one file', () => {
  test('as a ZIP with a manifest, and as a PDF with a page for each', async () => {
    const record = await recordOf(await post({ base: { url: origin.url + newPath() }, slides: newSlides() }))
    const zip = await ask(`/v1/carousels/${record.id}.zip`)
    expect(zip.headers.get('content-type')).toBe('application/zip')
    expect(zip.headers.get('content-disposition')).toContain(`${record.id}.zip`)
    const zipped = Buffer.from(await zip.arrayBuffer())
    // Stored, not compressed: names, manifest and pictures can be found as they are.
    for (const name of ['01-hook.jpg', '02-credibility.jpg', '06-cta.jpg', 'manifest.json']) {
      expect(zipped.includes(name), name).toBe(true)
    }
    expect(zipped.includes('"darkroom-carousel/1"')).toBe(true)
    const slide = Buffer.from(await (await ask(record.slides[0]?.url ?? '')).arrayBuffer())
    expect(zipped.includes(slide)).toBe(true)
    const pdf = await ask(`/v1/carousels/${record.id}.pdf`)
    expect(pdf.headers.get('content-type')).toBe('application/pdf')
    const printed = Buffer.from(await pdf.arrayBuffer())
    expect(printed.subarray(0, 5).toString()).toBe('%PDF-')
    expect(printed.toString('latin1').match(/\/Type \/Page\b/gu)).toHaveLength(6)
    expect(printed.includes(slide)).toBe(true)
  })

  test('not before they are made, and not of nothing', async () => {
    const path = newPath()
    const release = origin.hold(path)
    const { id } = await recordOf(
      await post({ base: { url: origin.url + path }, slides: newSlides() }, { prefer: 'respond-async' }),
    )
    expect((await ask(`/v1/carousels/${id}.zip`)).status).toBe(409)
    release()
    await untilRecord(id, ({ status }) => status === 'stored')
    expect((await ask(`/v1/carousels/${id}.pdf`, { method: 'HEAD' })).status).toBe(200)
    expect((await ask(`/v1/carousels/car_0.zip`)).status).toBe(404)
    expect((await ask(`/v1/carousels/${id}.rar`)).status).toBe(404)
  })
})

describe('events', () => {
  test('tell the base and each slide in order, end with the carousel, and are replayed from any', async () => {
    const record = await recordOf(await post({ base: { url: origin.url + newPath() }, slides: newSlides() }))
    const events = await eventsOf(record.id)
    expect(events.map(({ event }) => event)).toEqual([
      'queued',
      'base',
      ...Array.from({ length: 6 }, () => 'slide'),
      'stored',
    ])
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    const slides = events.filter(({ event }) => event === 'slide').map(({ data }) => data)
    expect(slides.map((data) => Number(data['index'])).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5])
    for (const data of slides) {
      expect(data).toMatchObject({ status: 'stored', url: record.slides[Number(data['index'])]?.url })
    }
    expect(await eventsOf(record.id, 7)).toEqual(events.slice(7))
  })

  test('come while the slides are made', async () => {
    const path = newPath()
    const release = origin.hold(path)
    const accepted = await post(
      { base: { url: origin.url + path }, slides: newSlides() },
      { prefer: 'respond-async' },
    )
    expect(accepted.status).toBe(202)
    const { id, status } = await recordOf(accepted)
    expect(status).toBe('queued')
    expect((await ask(`/v1/carousels/${id}/slides/0`)).status).toBe(503)
    const stream = (await ask(`/v1/carousels/${id}/events`)).body?.getReader()
    const first = new TextDecoder().decode((await stream?.read())?.value)
    expect(first).toMatch(/event: queued/u)
    release()
    const second = new TextDecoder().decode((await stream?.read())?.value)
    expect(second).toMatch(/event: base/u)
    await stream?.cancel()
    await untilRecord(id, (record) => record.status === 'stored')
  })
})

describe('the same request twice', () => {
  test('with one Idempotency-Key is one carousel; another body is refused', async () => {
    const body = { base: { url: origin.url + newPath() }, slides: newSlides() }
    const headers = { 'idempotency-key': newPath() }
    const first = await recordOf(await post(body, headers))
    const again = await recordOf(await post(body, headers))
    expect(again).toEqual(first)
    expect((await post({ ...body, format: 'png' }, headers)).status).toBe(422)
    const generation = await send('POST', '/v1/generations', { prompt: 'fox' }, headers)
    expect(generation.status).toBe(422)
  })

  test('while the first runs it is 409', async () => {
    const path = newPath()
    const release = origin.hold(path)
    const body = { base: { url: origin.url + path }, slides: newSlides() }
    const headers = { 'idempotency-key': newPath() }
    const first = post(body, headers)
    await until(async () => (origin.countOf(path) > 0 ? true : undefined))
    expect((await post(body, headers)).status).toBe(409)
    release()
    expect((await first).status).toBe(201)
    expect((await post(body, headers)).status).toBe(201)
  })
})

describe('withdrawn', () => {
  test('a carousel that fetches stops; the one that shared its fetch goes on', async () => {
    const path = newPath()
    const release = origin.hold(path)
    const body = { base: { url: origin.url + path }, slides: newSlides() }
    const inBackground = { prefer: 'respond-async' }
    const one = await recordOf(await post(body, inBackground))
    await until(async () => (origin.countOf(path) === 1 ? true : undefined))
    const two = await recordOf(await post(body, inBackground))
    const cancelled = await recordOf(await send('POST', `/v1/carousels/${one.id}/cancel`))
    expect(cancelled).toMatchObject({ status: 'cancelled' })
    expect(cancelled.slides.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'cancelled'))
    // The other one fetches now.
    await until(async () => (origin.countOf(path) === 2 ? true : undefined))
    release()
    await untilRecord(two.id, ({ status }) => status === 'stored')
    expect((await read(one.id)).status).toBe('cancelled')
    expect((await send('POST', `/v1/carousels/${one.id}/cancel`)).status).toBe(409)
    expect((await send('PATCH', `/v1/carousels/${one.id}/slides/0`, { title: 'x' })).status).toBe(409)
    expect((await eventsOf(one.id)).map(({ event }) => event)).toEqual(['queued', 'cancelled'])
  })

  test('while its base is drawn, the generation is cancelled too unless somebody else wants it', async () => {
    const release = fake.hold()
    const prompt = `nobody waits ${newPath()}`
    const before = fake.calls.length
    const { id, base } = await recordOf(
      await post({ base: { prompt }, slides: newSlides() }, { prefer: 'respond-async' }),
    )
    await fake.waitForCalls(before + 1)
    await recordOf(await send('POST', `/v1/carousels/${id}/cancel`))
    const generation = await ask(`/v1/generations/${base.generation}`)
    expect(await generation.json()).toMatchObject({ status: 'cancelled' })
    release()
  })
})

describe('taken down', () => {
  test('a base takes its slides with it; a slide goes alone and is made anew when asked for', async () => {
    const body = { base: { url: origin.url + newPath() }, slides: newSlides(), size: '1080x1920' }
    const record = await recordOf(await post(body))
    const [first, second] = record.slides
    expect((await ask(first?.url ?? '')).status).toBe(200)
    expect((await send('DELETE', `/v1/images/${first?.id}`)).status).toBe(204)
    expect((await ask(first?.url ?? '')).status).toBe(404)
    expect((await read(record.id)).slides[0]).toMatchObject({ status: 'stored', url: null })
    const again = await recordOf(await post(body))
    expect(again.workDetail['overlays']).toMatchObject({ ran: 1, cached: 5 })
    expect(again.slides[0]?.id).not.toBe(first?.id)

    expect((await send('DELETE', `/v1/images/${record.base.image}`)).status).toBe(204)
    expect((await ask(second?.url ?? '')).status).toBe(404)
    const gone = await read(again.id)
    expect(gone.base.image).toBeNull()
    expect(gone.slides.every(({ url }) => url === null)).toBe(true)
    const changed = await send('PATCH', `/v1/carousels/${again.id}/slides/1`, { title: 'x' })
    expect(changed.status).toBe(200)
    const { slides } = await recordOf(changed)
    expect(slides[1]).toMatchObject({ status: 'failed', error: { code: 'base_gone' } })
  })
})

describe('the list', () => {
  test('goes newest first through pages', async () => {
    const ids: string[] = []
    for (let index = 0; index < 3; index += 1) {
      const accepted = await post(
        { base: { url: origin.url + newPath() }, slides: newSlides() },
        { prefer: 'respond-async' },
      )
      ids.push((await recordOf(accepted)).id)
    }
    const first = (await (await ask('/v1/carousels?limit=2')).json()) as {
      items: CarouselRecord[]
      nextCursor: string
    }
    const second = (await (
      await ask(`/v1/carousels?limit=1&cursor=${first.nextCursor}`)
    ).json()) as typeof first
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids.toReversed())
    for (const id of ids) await untilRecord(id, ({ status }) => status === 'stored')
  })
})

describe('bad input is told what to change', () => {
  const slides = newSlides()
  const base = (): { url: string } => ({ url: origin.url + newPath() })
  const isFailed = ({ status }: { status: string }): boolean => status === 'failed'

  test.each<[string, () => unknown, string, string | undefined]>([
    ['no body at all', () => null, 'invalid_request', 'body'],
    ['no base', () => ({ slides }), 'invalid_request', 'base'],
    ['two bases', () => ({ base: { ...base(), prompt: 'fox' }, slides }), 'invalid_request', 'base'],
    [
      'a seed without a prompt',
      () => ({ base: { ...base(), seed: 1 }, slides }),
      'invalid_request',
      'base.seed',
    ],
    ['no slides', () => ({ base: base() }), 'invalid_request', 'slides'],
    ['zero slides', () => ({ base: base(), slides: [] }), 'invalid_request', 'slides'],
    ['one slide', () => ({ base: base(), slides: slides.slice(1, 2) }), 'invalid_request', 'slides'],
    [
      '21 slides',
      () => ({ base: base(), slides: Array.from({ length: 21 }, () => slides[2]) }),
      'invalid_request',
      'slides',
    ],
    [
      'an empty title',
      () => ({ base: base(), slides: [{ kind: 'hook', title: ' \n' }, slides[1]] }),
      'invalid_request',
      'slides.0.title',
    ],
    [
      'an invisible title',
      () => ({ base: base(), slides: [slides[0], { kind: 'hook', title: '\u200b**\u200d**' }] }),
      'invalid_request',
      'slides.1.title',
    ],
    [
      'more than 5,000 characters',
      () => ({ base: base(), slides: [slides[0], { kind: 'point', title: 'a', body: 'x'.repeat(5001) }] }),
      'invalid_request',
      'slides.1.body',
    ],
    [
      'control characters',
      () => ({ base: base(), slides: [{ kind: 'hook', title: 'a\u0007b' }, slides[1]] }),
      'invalid_request',
      'slides.0.title',
    ],
    [
      'half a character',
      () => ({ base: base(), slides: [{ kind: 'hook', title: 'a\ud800' }, slides[1]] }),
      'invalid_request',
      'slides.0.title',
    ],
    [
      'an unknown kind',
      () => ({ base: base(), slides: [{ kind: 'intro', title: 'a' }, slides[1]] }),
      'invalid_request',
      'slides.0.kind',
    ],
    ['an unknown field', () => ({ base: base(), slides, colour: 1 }), 'unknown_parameter', 'colour'],
    [
      'an unknown field of a slide',
      () => ({ base: base(), slides: [{ kind: 'hook', title: 'a', subtitle: 'b' }, slides[1]] }),
      'unknown_parameter',
      'slides.0.subtitle',
    ],
    ['a size without sides', () => ({ base: base(), slides, size: 'large' }), 'invalid_request', 'size'],
    ['a size of nothing', () => ({ base: base(), slides, size: '0x0' }), 'invalid_request', 'size'],
    ['a size of a wall', () => ({ base: base(), slides, size: '20000x20000' }), 'invalid_request', 'size'],
    ['a quality of 0', () => ({ base: base(), slides, quality: 0 }), 'invalid_request', 'quality'],
    ['an unknown format', () => ({ base: base(), slides, format: 'bmp' }), 'invalid_request', 'format'],
    ['an unknown theme', () => ({ base: base(), slides, theme: 'neon' }), 'invalid_request', 'theme'],
    [
      'a colour by name',
      () => ({ base: base(), slides, brand: { color: 'red' } }),
      'invalid_request',
      'brand.color',
    ],
    [
      'two logos',
      () => ({
        base: base(),
        slides,
        brand: { logo: { image: `img_${'0'.repeat(32)}`, url: 'https://example.com/a' } },
      }),
      'invalid_request',
      'brand.logo',
    ],
    [
      'an unknown image',
      () => ({ base: { image: `img_${'0'.repeat(32)}` }, slides }),
      'unknown_image',
      'base.image',
    ],
    [
      'an image that is no id',
      () => ({ base: { image: '../../etc' }, slides }),
      'invalid_request',
      'base.image',
    ],
    [
      'an unknown logo',
      () => ({ base: base(), slides, brand: { logo: { image: `img_${'0'.repeat(32)}` } } }),
      'unknown_image',
      'brand.logo.image',
    ],
    ['a prompt of nothing', () => ({ base: { prompt: ' ' }, slides }), 'invalid_request', 'base.prompt'],
    [
      'a prompt of two sizes',
      () => ({ base: { prompt: 'fox', size: '512x512', ar: '1:1' }, slides }),
      'invalid_request',
      'base.size',
    ],
    ['a URL of nothing', () => ({ base: { url: 'nothing' }, slides }), 'invalid_request', 'base.url'],
    ['a file URL', () => ({ base: { url: 'file:///etc/passwd' }, slides }), 'invalid_request', 'base.url'],
    [
      'a URL with a password',
      () => ({ base: { url: 'https://a:b@example.com/' }, slides }),
      'invalid_request',
      'base.url',
    ],
    [
      'a tag with a line break',
      () => ({ base: base(), slides, tags: ['a\nb'] }),
      'invalid_request',
      'tags.0',
    ],
  ])('%s', async (_, body, code, param) => {
    const response = await post(body())
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    const problem = (await response.json()) as {
      status: number
      code: string
      param?: string
      detail: string
    }
    expect(problem).toMatchObject({ status: 400, code })
    expect(problem.param).toBe(param)
    expect(problem.detail.length).toBeGreaterThan(10)
  })

  const forbidden = [
    'http://169.254.169.254/latest',
    'http://10.0.0.1/a.jpg',
    'http://[::1]/',
    'http://127.0.0.2/',
    'http://0x7f.1.1.1/',
    'http://host.internal/',
  ]
  test.each(forbidden)('%s is never asked', async (url) => {
    const response = await post({ base: { url }, slides })
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ code: 'base_forbidden', param: 'base.url' })
  })

  test('a base that is not there, hangs, is too large, no picture, an SVG, tiny, cut off or leads astray', async () => {
    const at = (path: string, handle: Parameters<PhotoOrigin['answer']>[1]): string => {
      origin.answer(path, handle)
      return path
    }
    const typed = (path: string, type: string, bytes: Buffer | string): string =>
      at(path, (_request, response) => {
        response.setHeader('content-type', type).end(bytes)
      })
    const tiny = await makePhoto(40, 40)
    const cases: [string, number, string][] = [
      [at('/404', (_request, response) => response.writeHead(404).end()), 422, 'base_unreachable'],
      [at('/500', (_request, response) => response.writeHead(500).end()), 422, 'base_unreachable'],
      [at('/hang', () => {}), 422, 'base_timeout'],
      [at('/drop', (request) => void request.socket.destroy()), 422, 'base_unreachable'],
      [
        at('/metadata', (_request, response) =>
          response.writeHead(302, { location: 'http://127.0.0.2:1/' }).end(),
        ),
        422,
        'base_forbidden',
      ],
      [
        at('/circle', (_request, response) => response.writeHead(302, { location: '/circle' }).end()),
        422,
        'base_unreachable',
      ],
      [
        at('/200mb', (_request, response) =>
          response
            .writeHead(200, { 'content-type': 'image/jpeg', 'content-length': String(200 * 1024 * 1024) })
            .write(Buffer.alloc(1024)),
        ),
        422,
        'base_too_large',
      ],
      [typed('/text', 'text/html', '<p>no'), 415, 'not_an_image'],
      [typed('/lie', 'image/jpeg', 'not a picture at all, whatever the header says'), 415, 'not_an_image'],
      [
        typed(
          '/svg',
          'image/svg+xml',
          '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1/"/></svg>',
        ),
        415,
        'not_an_image',
      ],
      [typed('/empty', 'image/jpeg', ''), 415, 'not_an_image'],
      [typed('/cut', 'image/jpeg', origin.photo.subarray(0, origin.photo.length / 2)), 415, 'not_an_image'],
      [typed('/tiny', 'image/jpeg', tiny), 422, 'base_too_small'],
    ]
    for (const [path, status, code] of cases) {
      const response = await post({ base: { url: origin.url + path }, slides })
      const problem = (await response.json()) as { code: string; carouselId: string; detail: string }
      expect({ path, status: response.status, code: problem.code }).toEqual({ path, status, code })
      const record = await read(problem.carouselId)
      expect(record).toMatchObject({ status: 'failed', error: { code, message: problem.detail } })
      expect(record.slides.every(isFailed)).toBe(true)
    }
  })

  test('text that looks like markup, emoji alone and 5,000 characters are drawn', async () => {
    const record = await recordOf(
      await post({
        base: base(),
        slides: [
          { kind: 'hook', title: '</svg><script>alert(1)</script>' },
          { kind: 'credibility', title: '🎉🎉🎉' },
          { kind: 'point', title: 'Long', body: 'word '.repeat(1000).trim() },
        ],
      }),
    )
    expect(record.slides.map(({ status }) => status)).toEqual(['stored', 'stored', 'stored'])
  })

  test('multipart bodies that lack something', async () => {
    const sendForm = async (parts: Record<string, string | Blob>): Promise<unknown> => {
      const form = new FormData()
      for (const [name, part] of Object.entries(parts)) form.set(name, part)
      const response = await ask('/v1/carousels', { method: 'POST', body: form })
      const { status, code, param } = (await response.json()) as Record<string, unknown>
      return { status, code, param }
    }
    const file = new Blob([new Uint8Array(origin.photo)])
    const carousel = JSON.stringify({ slides })
    expect(await sendForm({ file })).toMatchObject({ status: 400, param: 'carousel' })
    expect(await sendForm({ carousel })).toMatchObject({ status: 400, param: 'file' })
    expect(await sendForm({ file, carousel: '{' })).toMatchObject({ status: 400, code: 'invalid_json' })
    expect(await sendForm({ file, carousel, more: 'x' })).toMatchObject({
      status: 400,
      code: 'unknown_parameter',
    })
    const both = JSON.stringify({ slides, base: base() })
    expect(await sendForm({ file, carousel: both })).toMatchObject({ status: 400, param: 'base' })
    expect(await sendForm({ file: new Blob(['junk']), carousel })).toMatchObject({
      status: 415,
      code: 'not_an_image',
    })
    const large = new Blob([new Uint8Array(3 * 1024 * 1024)])
    expect(await sendForm({ file: large, carousel })).toMatchObject({ status: 413 })
  })

  test('addresses of nothing', async () => {
    for (const path of ['car_0', `car_${'0'.repeat(22)}`, 'car_%00', '..%2f']) {
      expect((await ask(`/v1/carousels/${path}`)).status, path).toBe(404)
      expect((await ask(`/v1/carousels/${path}/events`)).status, path).toBe(404)
      expect((await ask(`/v1/carousels/${path}/slides/0`)).status, path).toBe(404)
      expect((await send('POST', `/v1/carousels/${path}/cancel`)).status, path).toBe(404)
      expect((await send('POST', `/v1/carousels/${path}/slides/0/retry`)).status, path).toBe(404)
    }
    expect((await ask('/v1/carousels?limit=0')).status).toBe(400)
    expect((await ask('/v1/carousels?cursor=abc')).status).toBe(400)
    expect((await ask('/v1/carousels', { method: 'DELETE' })).status).toBe(405)
  })
})

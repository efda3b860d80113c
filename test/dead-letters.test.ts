import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { main } from '../packages/server/src/cli/main.ts'
import { listen } from '../packages/server/src/http-server.ts'
import { startPhotoOrigin } from './support/photo-origin.ts'
import { startReceiver } from './support/receiver.ts'
import { makeDataDir, removeDataDir, until } from './support/server-process.ts'

interface Job {
  id: string
  kind: string
  code: string
  attempt: number
  requests: string[]
}

let platform: Platform
let dataDir: string
let fake: OpenAIFake
let count = 0

beforeAll(async () => {
  dataDir = await makeDataDir()
  fake = await startOpenAIFake()
  platform = await createPlatform({
    config: parseConfig({
      DARKROOM_DATA: dataDir,
      DARKROOM_OUTBOUND_ALLOW: '127.0.0.1',
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
    }),
    log: pino({ level: 'silent' }),
  })
})
afterAll(async () => {
  await platform.close()
  await fake.close()
  await removeDataDir(dataDir)
})

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  return await platform.fetch(
    new Request(`http://127.0.0.1${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )
}

async function dead(query = ''): Promise<Job[]> {
  const answer = await send('GET', `/v1/jobs${query}`)
  return ((await answer.json()) as { items: Job[] }).items
}

async function redrive(body: unknown): Promise<string[]> {
  return ((await (await send('POST', '/v1/jobs/redrive', body)).json()) as { ids: string[] }).ids
}

/** A request that has failed, as the moderation of its backend refused it. */
async function failed(fields: Record<string, unknown> = {}): Promise<{ id: string; prompt: string }> {
  count += 1
  const prompt = `a harbour that fails, number ${count}`
  fake.respondOnce('content-policy')
  const answer = await send('POST', '/v1/generations', { prompt, size: '256x192', ...fields })
  expect(answer.status).toBe(451)
  return { id: ((await answer.json()) as { generationId: string }).generationId, prompt }
}

async function statusOf(id: string): Promise<string> {
  return ((await (await send('GET', `/v1/generations/${id}`)).json()) as { status: string }).status
}

async function untilStored(id: string): Promise<void> {
  await until(async () => ((await statusOf(id)) === 'stored' ? true : undefined))
}

describe('dead letters', () => {
  test('a failed generation is one, until it is tried again: the next attempt of the same key', async () => {
    await using receiver = await startReceiver()
    const { id } = await failed({ webhook: `${receiver.url}/ends` })
    const [job] = await dead()
    expect(job).toMatchObject({ kind: 'generation', code: 'moderated', attempt: 1, requests: [id] })
    expect(await redrive({ ids: [job?.id] })).toEqual([job?.id])
    await untilStored(id)
    expect(await dead()).toEqual([])
    // Its receiver was told of the failure, and is told of the end that followed.
    const told = await receiver.at('/ends', 2)
    expect(told.map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual([
      'generation.failed',
      'generation.stored',
    ])
    expect(await redrive({ ids: [job?.id] })).toEqual([])
  })

  test('by request, by code, and all', async () => {
    const one = await failed()
    const two = await failed()
    fake.respondOnce('http-401')
    const three = await send('POST', '/v1/generations', { prompt: 'a harbour, no key', size: '256x192' })
    expect(three.status).toBe(502)
    expect((await dead()).map(({ code }) => code)).toEqual(['backend_auth', 'moderated', 'moderated'])
    expect(await dead('?code=backend_auth')).toHaveLength(1)
    expect(await redrive({ ids: [one.id] })).toHaveLength(1)
    await untilStored(one.id)
    expect(await redrive({ code: 'moderated' })).toHaveLength(1)
    await untilStored(two.id)
    expect(await redrive({ all: true })).toHaveLength(1)
    expect(await dead()).toEqual([])
  })

  test('a carousel whose base did not answer: the host is asked again', async () => {
    await using origin = await startPhotoOrigin()
    origin.answer('/base.jpg', (_request, response) => response.writeHead(404).end())
    const answer = await send('POST', '/v1/carousels', {
      base: { url: `${origin.url}/base.jpg` },
      slides: [
        { kind: 'hook', title: 'One photo' },
        { kind: 'cta', title: 'Try it' },
      ],
    })
    expect(answer.status).toBe(422)
    const [job] = await dead()
    expect(job).toMatchObject({ kind: 'carousel', code: 'base_unreachable' })
    origin.answer('/base.jpg', (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg' }).end(origin.photo)
    })
    expect(await redrive({ ids: [job?.id] })).toEqual([job?.id])
    await until(async () => {
      const record = (await (await send('GET', `/v1/carousels/${job?.id}`)).json()) as { status: string }
      return record.status === 'stored' ? true : undefined
    })
    expect(origin.countOf('/base.jpg')).toBe(2)
  })

  test('a carousel whose prompt failed: its base is made, and then its slides', async () => {
    fake.respondOnce('content-policy')
    const answer = await send('POST', '/v1/carousels', {
      base: { prompt: 'a base that fails once', size: '256x320' },
      slides: [
        { kind: 'hook', title: 'One prompt' },
        { kind: 'cta', title: 'Try it' },
      ],
    })
    expect(answer.status).toBe(451)
    const jobs = await dead()
    expect(jobs.map(({ kind }) => kind).toSorted()).toEqual(['carousel', 'generation'])
    const carousel = jobs.find(({ kind }) => kind === 'carousel')
    expect(await redrive({ all: true })).toEqual([carousel?.id])
    await until(async () => {
      const record = (await (await send('GET', `/v1/carousels/${carousel?.id}`)).json()) as { status: string }
      return record.status === 'stored' ? true : undefined
    })
    expect(await dead()).toEqual([])
  })

  test('the list is read page by page', async () => {
    for (let index = 0; index < 5; index += 1) await failed()
    const seen: string[] = []
    let cursor = ''
    do {
      const answer = await send('GET', `/v1/jobs?limit=2${cursor}`)
      const page = (await answer.json()) as { items: Job[]; nextCursor: string | null }
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
    } while (cursor !== '')
    expect(new Set(seen).size).toBe(5)
    expect(seen).toHaveLength(5)
  })

  test.each([
    {},
    { all: false },
    { all: true, code: 'moderated' },
    { ids: [] },
    { ids: ['7'] },
    { code: 'x' },
  ])('%j is refused', async (body) => {
    expect((await send('POST', '/v1/jobs/redrive', body)).status).toBe(400)
  })
})

test('darkroom jobs dead and redrive, against a running server', async () => {
  const server = await listen((request) => platform.fetch(request), { host: '127.0.0.1', port: 0 })
  const printed: string[] = []
  const io = {
    environment: {},
    stdout: (text: string) => printed.push(text),
    stderr: (text: string) => printed.push(text),
    isTerminal: false,
  }
  try {
    const before = await dead('?limit=100')
    expect(before.length).toBeGreaterThan(0)
    expect(await main(['jobs', 'dead', '--limit', '100', '--server', server.url], io)).toBe(0)
    for (const { id, code } of before)
      expect(printed.join('')).toMatch(new RegExp(`${id} {2}${code} {2}`, 'u'))
    expect(await main(['jobs', 'redrive', '--server', server.url], io)).toBe(2)
    expect(await main(['jobs', 'redrive', '--code', 'nothing', '--server', server.url], io)).toBe(2)
    expect(await main(['jobs', 'redrive', '--all', '--json', '--server', server.url], io)).toBe(0)
    expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ redriven: before.length })
    expect(await dead()).toEqual([])
  } finally {
    server.stopAccepting()
    await server.close(0)
  }
})

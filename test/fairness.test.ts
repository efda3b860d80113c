import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startPhotoOrigin } from './support/photo-origin.ts'
import { makeDataDir, removeDataDir, until } from './support/server-process.ts'

let platform: Platform
let dataDir: string
let fake: OpenAIFake
let count = 0

beforeEach(async () => {
  dataDir = await makeDataDir()
  fake = await startOpenAIFake()
  platform = await createPlatform({
    config: parseConfig({
      DARKROOM_DATA: dataDir,
      DARKROOM_MODELS: 'default=openai:any',
      DARKROOM_WORKER_CONCURRENCY: '1',
      DARKROOM_CAROUSEL_CONCURRENCY: '1',
      DARKROOM_OUTBOUND_ALLOW: '127.0.0.1',
      DARKROOM_QUEUE_LIMIT: '60',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
    }),
    log: pino({ level: 'silent' }),
  })
})
afterEach(async () => {
  await platform.close()
  await fake.close()
  await removeDataDir(dataDir)
})

function send(scope: string, prompt: string): Promise<Response> {
  return platform.fetch(
    new Request('http://127.0.0.1/v1/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify({ prompt, scope, size: '64x64' }),
    }),
  )
}

/** Asks for a picture that no other test has. @returns its prompt */
async function order(scope: string): Promise<string> {
  count += 1
  const prompt = `${scope} ${count}`
  const answer = await send(scope, prompt)
  if (answer.status !== 202) throw new Error(await answer.text())
  return prompt
}

/** The scopes of the pictures in the order they were drawn. */
function drawn(): string[] {
  return fake.calls.map(({ body }) => String(body['prompt']).split(' ')[0] ?? '')
}

/** Accepts so many at once for a scope, while one of it is being drawn. */
async function backlog(scope: string, jobs: number): Promise<() => void> {
  const release = fake.hold()
  await order(scope)
  await fake.waitForCalls(1)
  await Promise.all(Array.from({ length: jobs }, () => order(scope)))
  return release
}

describe('scopes take turns', () => {
  test('one job of another scope comes next but one, whatever the backlog', async () => {
    const release = await backlog('busy', 50)
    await order('lone')
    release()
    await fake.waitForCalls(4)
    expect(drawn().indexOf('lone')).toBeLessThanOrEqual(2)
  })

  test('three scopes with a backlog each are drawn evenly, and in the order each asked', async () => {
    const release = await backlog('first', 12)
    for (const scope of ['second', 'third']) for (let job = 0; job < 12; job += 1) await order(scope)
    release()
    await fake.waitForCalls(37)
    const scopes = drawn().slice(1)
    for (let end = 6; end <= 36; end += 6) {
      for (const scope of ['first', 'second', 'third']) {
        const share = scopes.slice(0, end).filter((each) => each === scope).length
        expect(Math.abs(share - end / 3)).toBeLessThanOrEqual(2)
      }
    }
    for (const scope of ['second', 'third']) {
      const numbers = fake.calls.map(({ body }) => String(body['prompt']).split(' '))
      const own = numbers.filter(([name]) => name === scope).map(([, number]) => Number(number))
      expect(own).toEqual(own.toSorted((a, b) => a - b))
    }
  })

  test('a scope that asks for one after the other starves nobody either', async () => {
    const release = await backlog('busy', 20)
    release()
    for (let job = 0; job < 8; job += 1) {
      const prompt = await order('stream')
      await until(async () => (fake.calls.some(({ body }) => body['prompt'] === prompt) ? true : undefined))
    }
    const sequence = drawn()
    const last = sequence.lastIndexOf('stream')
    // Eight of the one, and at least nearly as many of the other meanwhile.
    expect(sequence.slice(0, last).filter((scope) => scope === 'busy').length).toBeGreaterThanOrEqual(7)
  })
})

test('scopes take turns with carousels too, and may not queue without end', async () => {
  await using photos = await startPhotoOrigin()
  const carousel = async (scope: string, path: string): Promise<number> => {
    const response = await platform.fetch(
      new Request('http://127.0.0.1/v1/carousels', {
        method: 'POST',
        headers: { 'content-type': 'application/json', prefer: 'respond-async' },
        body: JSON.stringify({
          scope,
          base: { url: `${photos.url}${path}` },
          size: '320x400',
          slides: [
            { kind: 'hook', title: path },
            { kind: 'cta', title: 'Try it' },
          ],
        }),
      }),
    )
    return response.status
  }
  const release = photos.hold('/held')
  await carousel('busy', '/held')
  await until(async () => (photos.countOf('/held') > 0 ? true : undefined))
  const statuses = []
  for (let index = 0; index < 61; index += 1) statuses.push(await carousel('busy', `/busy-${index}`))
  expect(statuses).toEqual([...Array.from({ length: 60 }, () => 202), 429])
  expect(await carousel('lone', '/lone')).toBe(202)
  release()
  await until(async () => (photos.countOf('/lone') > 0 ? true : undefined))
  expect(photos.requests.indexOf('GET /lone')).toBeLessThanOrEqual(2)
})

describe('a full queue', () => {
  test('refuses what is new with an honest Retry-After, and joins what is there', async () => {
    const release = await backlog('full', 0)
    const answers = await Promise.all(
      Array.from({ length: 600 }, async (_, index) => {
        const response = await send('full', `full of ${index}`)
        return { index, status: response.status, retryAfter: Number(response.headers.get('retry-after')) }
      }),
    )
    const accepted = answers.filter(({ status }) => status === 202)
    const refused = answers.filter(({ status }) => status === 429)
    expect(accepted.length + refused.length).toBe(600)
    // Exact but for transactions that ran beside each other: as many as the process has connections.
    expect(accepted.length).toBeGreaterThanOrEqual(60)
    expect(accepted.length).toBeLessThanOrEqual(70)
    // Nothing of the scope has been finished: nobody knows how long it takes.
    expect(new Set(refused.map(({ retryAfter }) => retryAfter))).toEqual(new Set([60]))

    const again = await send('full', `full of ${accepted[0]?.index}`)
    expect(again.status).toBe(202)
    const other = await send('other', `full of ${accepted[1]?.index}`)
    expect(other.status).toBe(202)
    expect((await send('other', 'another scope')).status).toBe(202)

    release()
    await fake.waitForCalls(20)
    const hold = fake.hold()
    await Promise.all(Array.from({ length: 100 }, () => send('full', `full again ${(count += 1)}`)))
    // A measurement is used for a second; the one before was that nothing had been finished.
    const later = await until(async () => {
      const response = await send('full', `full again ${(count += 1)}`)
      const { code, detail } = (await response.clone().json()) as { code: string; detail: string }
      expect([response.status, code]).toEqual([429, 'queue_full'])
      return /served .+ a second/u.test(detail) ? response : undefined
    })
    const waitS = Number(later.headers.get('retry-after'))
    // Some tens of refusals share what is served: later than the first, sooner than the whole queue.
    expect(waitS).toBeGreaterThanOrEqual(1)
    expect(waitS).toBeLessThanOrEqual(60)
    hold()
  })
})

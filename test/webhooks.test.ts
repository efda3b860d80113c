import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import { pino } from 'pino'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { selfSigned } from '../packages/outbound/src/testing/self-signed.ts'
import { startOrigin } from '../packages/outbound/src/testing/test-origin.ts'
import type { OpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startPhotoOrigin } from './support/photo-origin.ts'
import type { Receiver, Received } from './support/receiver.ts'
import { startReceiver } from './support/receiver.ts'
import { makeDataDir, removeDataDir, until } from './support/server-process.ts'

interface WebhookRecord {
  id: string
  status: string
  type: string | null
  subject: string
  url: string
  nextAttemptAt: string | null
  attempts: { number: number; status: number | null; code: string | null; reason: string }[]
}

interface Message {
  type: string
  timestamp: string
  data: { id: string; status: string; images: { url: string | null }[]; error?: { code: string } }
}

let platform: Platform
let dataDir: string
let fake: OpenAIFake
let receiver: Receiver
/** Set forward by tests: nothing here waits for minutes. */
let aheadMs = 0
let count = 0

beforeAll(async () => {
  dataDir = await makeDataDir()
  fake = await startOpenAIFake()
  platform = await createPlatform({
    config: parseConfig({
      DARKROOM_DATA: dataDir,
      DARKROOM_OUTBOUND_ALLOW: '127.0.0.1',
      DARKROOM_MODELS: 'default=openai:any',
      DARKROOM_PUBLIC_URL: 'https://pictures.example',
      DARKROOM_WORKER_CONCURRENCY: '8',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
    }),
    log: pino({ level: 'silent' }),
    now: () => Date.now() + aheadMs,
  })
})
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(async () => {
  await receiver[Symbol.asyncDispose]()
})
afterAll(async () => {
  await platform.close()
  await fake.close()
  await removeDataDir(dataDir)
})

function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return platform.fetch(
    new Request(`http://127.0.0.1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )
}

async function read<T>(answer: Promise<Response>): Promise<T> {
  const response = await answer
  const body = (await response.json()) as T
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(body)}`)
  return body
}

/** Asks for pictures that no other test has, without waiting. */
async function order(
  webhook: unknown,
  fields: Record<string, unknown> = {},
): Promise<{ id: string; prompt: string }> {
  count += 1
  const prompt = `a harbour, message ${count}`
  const body = { prompt, size: '256x192', webhook, ...fields }
  return await read(send('POST', '/v1/generations', body, { prefer: 'respond-async' }))
}

async function secret(): Promise<string> {
  return (await read<{ secret: string }>(send('GET', '/v1/webhooks/secret'))).secret
}

function verified({ body, headers }: Received, with_: string): Message {
  return new Webhook(with_).verify(body, headers as Record<string, string>) as Message
}

/** The messages about a request, each with its attempts, oldest first. */
async function messagesOf(subject: string): Promise<WebhookRecord[]> {
  const page = await read<{ items: WebhookRecord[] }>(send('GET', `/v1/webhooks?subject=${subject}`))
  const full = page.items.map(({ id }) => read<WebhookRecord>(send('GET', `/v1/webhooks/${id}`)))
  return (await Promise.all(full)).toReversed()
}

async function untilMessage(
  subject: string,
  holds: (message: WebhookRecord) => boolean,
): Promise<WebhookRecord> {
  return await until(async () => (await messagesOf(subject)).find(holds))
}

describe('what is told', () => {
  test('a stored picture, signed so that the specification’s own library takes it', async () => {
    const asked = await order(`${receiver.url}/stored`)
    const [message] = await receiver.at('/stored', 1)
    if (message === undefined) throw new Error('nothing came')
    const { type, data, timestamp } = verified(message, await secret())
    expect(type).toBe('generation.stored')
    expect(Number.isNaN(Date.parse(timestamp))).toBe(false)
    expect(data).toMatchObject({ id: asked.id, status: 'stored', prompt: asked.prompt })
    expect(data.images[0]?.url).toMatch(/^https:\/\/pictures\.example\/images\/img_/u)
    const record = await untilMessage(asked.id, ({ status }) => status === 'delivered')
    expect(record).toMatchObject({ id: message.headers['webhook-id'], type, nextAttemptAt: null })
    expect(record.attempts).toMatchObject([{ number: 1, status: 204, code: null }])
  })

  test('with a secret of the request, which no answer repeats', async () => {
    const own = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    const asked = await order({ url: `${receiver.url}/own`, secret: own })
    const [message] = await receiver.at('/own', 1)
    if (message === undefined) throw new Error('nothing came')
    expect(verified(message, own).data.id).toBe(asked.id)
    const project = await secret()
    expect(() => verified(message, project)).toThrow(/signature/u)
    expect(JSON.stringify(await messagesOf(asked.id))).not.toContain(own)
  })

  test('once for many pictures, however many settle at once', async () => {
    const orders = await Promise.all(
      Array.from({ length: 12 }, (_, index) => order(`${receiver.url}/many-${index}`, { n: 6 })),
    )
    for (const [index, { id }] of orders.entries()) {
      const [message] = await receiver.at(`/many-${index}`, 1)
      const { data } = JSON.parse(message?.body ?? '{}') as Message
      expect(data.images.map(({ url }) => url === null)).toEqual(Array.from({ length: 6 }, () => false))
      await untilMessage(id, ({ status }) => status === 'delivered')
      expect(await messagesOf(id)).toHaveLength(1)
    }
    expect(receiver.received).toHaveLength(12)
  })

  test('to each of those who joined, before, while and after it ran', async () => {
    const release = fake.hold()
    const calls = fake.calls.length
    const first = await order(`${receiver.url}/first`)
    await fake.waitForCalls(calls + 1)
    await order(`${receiver.url}/second`, { prompt: first.prompt })
    release()
    await Promise.all([receiver.at('/first', 1), receiver.at('/second', 1)])
    await order(`${receiver.url}/third`, { prompt: first.prompt })
    await receiver.at('/third', 1)
    expect(fake.calls.length).toBe(calls + 1)
  })

  test('a failure with its reason, a cancellation, and nothing twice for one Idempotency-Key', async () => {
    fake.respondOnce('content-policy')
    const failed = await order(`${receiver.url}/failed`)
    const [message] = await receiver.at('/failed', 1)
    const { type, data } = JSON.parse(message?.body ?? '{}') as Message
    expect([type, data.id, data.error?.code]).toEqual(['generation.failed', failed.id, 'moderated'])

    const release = fake.hold()
    const calls = fake.calls.length
    const cancelled = await order(`${receiver.url}/cancelled`)
    await fake.waitForCalls(calls + 1)
    await read(send('POST', `/v1/generations/${cancelled.id}/cancel`))
    const [second] = await receiver.at('/cancelled', 1)
    expect((JSON.parse(second?.body ?? '{}') as Message).type).toBe('generation.cancelled')
    release()

    const body = { prompt: 'a harbour, asked twice', size: '256x192', webhook: `${receiver.url}/twice` }
    const headers = { 'idempotency-key': 'webhook-twice' }
    const once = await read<{ id: string }>(send('POST', '/v1/generations', body, headers))
    const again = await read<{ id: string }>(send('POST', '/v1/generations', body, headers))
    expect(again.id).toBe(once.id)
    expect(await messagesOf(once.id)).toHaveLength(1)
    const other = await send('POST', '/v1/generations', { ...body, webhook: `${receiver.url}/else` }, headers)
    expect(other.status).toBe(422)
  })

  test('a carousel, and once more when an edit has been made', async () => {
    await using photos = await startPhotoOrigin()
    const slides = [
      { kind: 'hook', title: 'One photo' },
      { kind: 'cta', title: 'Try it' },
    ]
    const body = { base: { url: `${photos.url}/base.jpg` }, slides, webhook: `${receiver.url}/carousel` }
    const carousel = await read<{ id: string }>(send('POST', '/v1/carousels', body))
    const [first] = await receiver.at('/carousel', 1)
    const told = JSON.parse(first?.body ?? '{}') as {
      type: string
      data: { id: string; slides: { url: string }[] }
    }
    expect([told.type, told.data.id]).toEqual(['carousel.stored', carousel.id])
    expect(told.data.slides[0]?.url).toMatch(/^https:\/\/pictures\.example\/images\//u)
    await read(send('PATCH', `/v1/carousels/${carousel.id}/slides/1`, { title: 'Try it now' }))
    const both = await receiver.at('/carousel', 2)
    expect(new Set(both.map(({ headers }) => headers['webhook-id'])).size).toBe(2)
  })
})

describe('attempts', () => {
  test('each is written down with its reason and repeated on the schedule, under one id', async () => {
    const statuses = [500, 301, 429]
    receiver.answer = (response) => {
      const status = statuses.shift() ?? 204
      response.writeHead(status, status === 301 ? { location: '/elsewhere' } : {}).end()
    }
    const { id } = await order(`${receiver.url}/repeated`)
    await untilMessage(id, ({ attempts }) => attempts.length === 1)
    // After 5 s, 5 min and 30 min, each with a tenth of jitter.
    for (const [index, delayMs] of [6000, 330_000, 1_980_000].entries()) {
      aheadMs += delayMs
      await untilMessage(id, ({ attempts }) => attempts.length === index + 2)
    }
    const record = await untilMessage(id, ({ status }) => status === 'delivered')
    expect(record.attempts.map(({ status }) => status)).toEqual([500, 301, 429, 204])
    expect(record.attempts[1]?.reason).toMatch(/redirects are not followed/u)
    expect(receiver.received.map(({ path }) => path)).toEqual(Array.from({ length: 4 }, () => '/repeated'))
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set([record.id]),
    )
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(4)
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1)

    // By hand once more, under the same id: whoever keeps ids knows it.
    expect((await send('POST', `/v1/webhooks/${record.id}/redeliver`)).status).toBe(202)
    await receiver.at('/repeated', 5)
    expect(receiver.received.at(-1)?.headers['webhook-id']).toBe(record.id)
  })

  test('Retry-After is waited for where it is longer', async () => {
    receiver.answer = (response) => response.writeHead(503, { 'retry-after': '900' }).end()
    const { id } = await order(`${receiver.url}/busy`)
    // The message and its attempts are read one after the other: an attempt may be told of before what follows it.
    const waitOf = ({ nextAttemptAt }: { nextAttemptAt?: string | null }): number =>
      Date.parse(nextAttemptAt ?? '') - (Date.now() + aheadMs)
    const record = await untilMessage(id, (found) => found.attempts.length === 1 && waitOf(found) > 0)
    const waitMs = waitOf(record)
    expect(waitMs).toBeGreaterThan(800_000)
    expect(waitMs).toBeLessThanOrEqual(900_000)
  })

  test('a certificate that nobody vouches for, and a port where nobody listens', async () => {
    await using secure = await startOrigin((_request, response) => response.end(), {
      tls: selfSigned('127.0.0.1'),
    })
    const untrusted = await order(`${secure.url}/tls`)
    const closed = await startReceiver()
    await closed[Symbol.asyncDispose]()
    const dead = await order(`${closed.url}/dead`)
    const one = await untilMessage(untrusted.id, ({ attempts }) => attempts.length === 1)
    expect(one).toMatchObject({ status: 'pending', attempts: [{ status: null, code: 'TLS_FAILED' }] })
    const other = await untilMessage(dead.id, ({ attempts }) => attempts.length === 1)
    expect(other.attempts).toMatchObject([{ status: null, code: 'CONNECT_FAILED' }])
    expect(secure.requests).toEqual([])
  })

  test('410 ends all that goes to that URL, until a redelivery is taken', async () => {
    receiver.answer = (response) => response.writeHead(410).end()
    const { id } = await order(`${receiver.url}/gone`)
    const gone = await untilMessage(id, ({ status }) => status === 'gone')
    const later = await order(`${receiver.url}/gone`)
    expect(await untilMessage(later.id, ({ status }) => status === 'gone')).toMatchObject({ attempts: [] })
    expect(receiver.received).toHaveLength(1)
    receiver.answer = (response) => response.writeHead(200).end()
    await send('POST', `/v1/webhooks/${gone.id}/redeliver`)
    await untilMessage(id, ({ status }) => status === 'delivered')
    const after = await order(`${receiver.url}/gone`)
    await untilMessage(after.id, ({ status }) => status === 'delivered')
  })

  test('a receiver that hangs has few of them at once and holds up nobody', async () => {
    await using hanging = await startReceiver()
    hanging.answer = () => {}
    for (let index = 0; index < 12; index += 1) await order(`${hanging.url}/hangs`)
    await hanging.at('/hangs', 4)
    const { id } = await order(`${receiver.url}/quick`)
    await untilMessage(id, ({ status }) => status === 'delivered')
    expect(hanging.received).toHaveLength(4)
    expect(hanging.mostAtOnce).toBe(4)
  })

  test('a secret that is replaced signs beside the new one for a day', async () => {
    const before = await secret()
    const { secret: next } = await read<{ secret: string }>(send('POST', '/v1/webhooks/secret/rotate'))
    expect(next).not.toBe(before)
    const { id } = await order(`${receiver.url}/rotated`)
    const [message] = await receiver.at('/rotated', 1)
    const signatures = String(message?.headers['webhook-signature']).split(' ')
    expect(signatures).toHaveLength(2)
    const signedAt = new Date(Number(message?.headers['webhook-timestamp']) * 1000)
    const { id: messageId } = await untilMessage(id, ({ status }) => status === 'delivered')
    expect(signatures).toEqual(
      [next, before].map((each) => new Webhook(each).sign(messageId, signedAt, message?.body ?? '')),
    )
    aheadMs += 25 * 3_600_000
    await order(`${receiver.url}/day-after`)
    const [after] = await receiver.at('/day-after', 1)
    expect(String(after?.headers['webhook-signature']).split(' ')).toHaveLength(1)
  })
})

describe('what is refused', () => {
  test.each([
    ['http://10.0.0.1/hook', 'webhook_forbidden', 422],
    ['http://minio/hook', 'webhook_forbidden', 422],
    ['ftp://shop.example/hook', 'webhook_forbidden', 422],
    ['https://user:word@shop.example/hook', 'webhook_forbidden', 422],
    ['', 'invalid_request', 400],
    [{ url: 'https://shop.example/hook', secret: 'short' }, 'invalid_request', 400],
  ])('%j: %s', async (webhook, code, status) => {
    const answer = await send('POST', '/v1/generations', { prompt: 'a fox', size: '256x192', webhook })
    expect(answer.status).toBe(status)
    expect(((await answer.json()) as { code: string }).code).toBe(code)
  })

  test('ids, statuses and cursors that are none', async () => {
    expect((await send('GET', '/v1/webhooks/msg_x')).status).toBe(404)
    expect((await send('POST', '/v1/webhooks/msg_AAAAAAAAAAAAAAAAAAAAAA/redeliver')).status).toBe(404)
    expect((await send('GET', '/v1/webhooks?status=sent')).status).toBe(400)
    expect((await send('GET', '/v1/webhooks?cursor=AAAA')).status).toBe(400)
  })

  test('a redelivery of what has not ended', async () => {
    const release = fake.hold()
    const calls = fake.calls.length
    const { id } = await order(`${receiver.url}/waits`)
    await fake.waitForCalls(calls + 1)
    const [message] = await messagesOf(id)
    expect(message).toMatchObject({ status: 'waiting', type: null, attempts: [] })
    expect((await send('POST', `/v1/webhooks/${message?.id}/redeliver`)).status).toBe(409)
    release()
    await receiver.at('/waits', 1)
  })
})

test('the list is read page by page', async () => {
  const seen: string[] = []
  let cursor = ''
  do {
    const page = await read<{ items: WebhookRecord[]; nextCursor: string | null }>(
      send('GET', `/v1/webhooks?limit=7&status=delivered${cursor}`),
    )
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
  } while (cursor !== '')
  expect(seen.length).toBeGreaterThan(14)
  expect(new Set(seen).size).toBe(seen.length)
})

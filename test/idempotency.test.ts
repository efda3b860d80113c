import { join } from 'node:path'
import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { findRunningDatabase } from '../packages/server/src/database/running-server.ts'
import { makeDataDir, removeDataDir, until } from './support/server-process.ts'

let platform: Platform
let dataDir: string
let fake: OpenAIFake

beforeAll(async () => {
  dataDir = await makeDataDir()
  fake = await startOpenAIFake()
  platform = await createPlatform({
    config: parseConfig({
      DARKROOM_DATA: dataDir,
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

interface Answer {
  status: number
  body: { id: string; code?: string; detail?: string; status?: string }
  retryAfter: string | null
}

async function post(key: string, prompt: string, prefer = 'wait=30'): Promise<Answer> {
  const answer = await platform.fetch(
    new Request('http://127.0.0.1/v1/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer, 'idempotency-key': key },
      body: JSON.stringify({ prompt, size: '64x64' }),
    }),
  )
  const body = (await answer.json()) as Answer['body']
  return { status: answer.status, body, retryAfter: answer.headers.get('retry-after') }
}

async function query(text: string): Promise<void> {
  const connection = await findRunningDatabase(join(dataDir, 'postgres'))
  const client = new pg.Client(connection)
  await client.connect()
  await client.query(text)
  await client.end()
}

describe('Idempotency-Key', () => {
  test('is answered 409 while its first request runs, and then as that was: status, record, nothing drawn', async () => {
    const calls = fake.calls.length
    const release = fake.hold()
    const first = post('running', 'one')
    await fake.waitForCalls(calls + 1)
    expect(await post('running', 'one')).toMatchObject({
      status: 409,
      retryAfter: '1',
      body: { code: 'idempotency_conflict' },
    })
    release()
    const answer = await first
    expect(answer.status).toBe(201)
    for (let repeat = 0; repeat < 3; repeat += 1) expect(await post('running', 'one')).toEqual(answer)
    // Quoted, as the draft writes it, it is the same key.
    expect(await post('"running"', 'one')).toEqual(answer)
    expect(fake.calls).toHaveLength(calls + 1)
  })

  test('with another body is 422, whether or not the first has ended', async () => {
    const release = fake.hold()
    expect((await post('other body', 'x')).status).toBe(400)
    expect((await post('other-body', 'two', 'respond-async')).status).toBe(202)
    expect(await post('other-body', 'three')).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    })
    release()
    expect((await post('other-body', 'two')).status).toBe(201)
    expect((await post('other-body', 'three')).status).toBe(422)
  })

  test('repeats a failure, and is free where nothing was accepted', async () => {
    fake.respondOnce('content-policy')
    const failed = await post('fails', 'four')
    expect(failed.body.code).toBe('moderated')
    const calls = fake.calls.length
    const again = await post('fails', 'four')
    expect([again.status, again.body.code]).toEqual([failed.status, failed.body.code])
    expect(fake.calls).toHaveLength(calls)
    expect((await post('refused', '')).status).toBe(400)
    expect((await post('refused', 'five')).status).toBe(201)
  })

  test('has 1 to 255 printable characters', async () => {
    for (const key of ['', '""', 'a b', 'a'.repeat(256), 'ä']) {
      expect((await post(key, 'six')).status).toBe(400)
    }
    expect((await post('~'.repeat(255), 'six')).status).toBe(201)
  })

  test('is kept for 24 hours', async () => {
    const first = await post('day', 'seven')
    await query(`update idempotency_keys set created_at = now() - interval '23 hours 59 minutes'`)
    expect((await post('day', 'seven')).body.id).toBe(first.body.id)
    await query(`update idempotency_keys set created_at = now() - interval '24 hours 1 minute'`)
    const next = await post('day', 'eight')
    expect(next.status).toBe(201)
    expect(next.body.id).not.toBe(first.body.id)
  })
})

test('redrives, redeliveries and rotations are acts that the record names', async () => {
  fake.respondOnce('content-policy')
  const { body } = await post('dead', 'nine')
  expect(body.code).toBe('moderated')
  const send = (path: string, sent: unknown = {}): Promise<Response> =>
    platform.fetch(
      new Request(`http://127.0.0.1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(sent),
      }),
    )
  expect((await send('/v1/jobs/redrive', { code: 'moderated' })).status).toBe(200)
  expect((await send('/v1/webhooks/secret/rotate')).status).toBe(200)
  const acts = await until(async () => {
    const answer = await platform.fetch(new Request('http://127.0.0.1/v1/audit?limit=10'))
    return ((await answer.json()) as { items: { act: string }[] }).items.map(({ act }) => act)
  })
  expect(acts).toEqual(expect.arrayContaining(['jobs.redrive', 'webhook.rotate']))
})

import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import { join } from 'node:path'
import { pino } from 'pino'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import type { DatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import { createDatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import type { Receiver } from './support/receiver.ts'
import { startReceiver } from './support/receiver.ts'
import { makeDataDir, removeDataDir, until } from './support/server-process.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

/** The part of the answer that is looked at here. */
interface Scaling {
  desiredWorkers: number
  model?: string
  decidedAt: string | null
  chosen: string
  why: string
  warm: number
  queued: number
  models: { model: string; desired: number; queued: number; why: string }[]
  withoutForecast: number | null
  usdPerWorkerHour: number | null
  history: {
    at: string
    desired: number
    starting: number
    warm: number
    load: number
    forecast: number | null
  }[]
}

let folder: DatabaseFolder
let database: EmbeddedPostgres
let receiver: Receiver
let dataDir: string

beforeAll(async () => {
  folder = await createDatabaseFolder()
  database = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres') })
  receiver = await startReceiver()
  dataDir = await makeDataDir()
})
afterAll(async () => {
  await receiver[Symbol.asyncDispose]()
  await database.stop()
  await folder.remove()
  await removeDataDir(dataDir)
})

function common(): Record<string, string> {
  return {
    DATABASE_URL: databaseUrlOf(database.connection),
    DARKROOM_DATA: dataDir,
    DARKROOM_OUTBOUND_ALLOW: '127.0.0.1',
    DARKROOM_MODELS: 'default=simulated-gpu:sim-1',
    DARKROOM_SIMULATED_GPU: 'spinUpMs=0,loadMs=0,stepMs=100,steps=10,batch=1',
    DARKROOM_WORKER_CONCURRENCY: '1',
  }
}

function startProcess(role: 'gateway' | 'all', settings: Record<string, string> = {}): Promise<Platform> {
  return createPlatform({
    role,
    config: parseConfig({
      ...common(),
      ...settings,
    }),
    log: pino({ level: 'silent' }),
    scalingIntervalMs: 100,
  })
}

async function scaling(platform: Platform, query = ''): Promise<Scaling> {
  const response = await platform.fetch(new Request(`http://127.0.0.1/v1/scaling${query}`))
  expect(response.status).toBe(200)
  return (await response.json()) as Scaling
}

async function order(platform: Platform, count: number, from: number): Promise<void> {
  for (let seed = from; seed < from + count; seed += 1) {
    const response = await platform.fetch(
      new Request('http://127.0.0.1/v1/generations', {
        method: 'POST',
        headers: { 'content-type': 'application/json', prefer: 'respond-async' },
        body: JSON.stringify({ prompt: 'a lighthouse', size: '64x64', seed }),
      }),
    )
    expect(response.status, await response.clone().text()).toBe(202)
  }
}

describe('/v1/scaling', () => {
  test('wants workers for those who wait, tells the webhook once, and goes back to the floor', async () => {
    const platform = await startProcess('gateway', {
      DARKROOM_SCALING_MIN: '0',
      DARKROOM_SCALING_MAX: '3',
      DARKROOM_SCALING_USD_PER_WORKER_HOUR: '1.99',
      DARKROOM_SCALING_WEBHOOK: `${receiver.url}/scale`,
    })
    try {
      const [first] = await receiver.at('/scale', 1)
      expect(JSON.parse(first?.body ?? '{}')).toMatchObject({
        type: 'scaling.desired',
        data: { desiredWorkers: 0 },
      })
      await order(platform, 5, 0)
      const waiting = await until(async () => {
        const answer = await scaling(platform)
        return answer.queued === 5 && answer.desiredWorkers > 0 ? answer : undefined
      })
      expect(waiting).toMatchObject({ desiredWorkers: 3, chosen: 'cap', warm: 0 })
      // No forecast is used: without it as many would be wanted.
      expect(waiting).toMatchObject({ withoutForecast: 3, usdPerWorkerHour: 1.99 })
      expect(waiting.models).toMatchObject([{ model: 'simulated-gpu:sim-1', desired: 3, queued: 5 }])
      const own = await scaling(platform, '?model=default')
      expect(own).toMatchObject({ desiredWorkers: 3, model: 'simulated-gpu:sim-1', queued: 5 })
      expect(own.why).toMatch(/^100 % of the work; in all: 3 is the most/u)
      expect(waiting.models[0]?.why).toBe('100 % of the work')
      expect(waiting.history.at(-1)).toMatchObject({ starting: 0, warm: 0 })
      expect((await scaling(platform, '?history=0')).history).toEqual([])
      // This minute began less than a minute ago.
      expect((await scaling(platform, '?history=1')).history.length).toBeLessThanOrEqual(1)
      // Changed within 30 s of the first message: the receiver is left alone for now.
      expect(receiver.received).toHaveLength(1)
    } finally {
      await platform.close()
    }
  })

  test('is decided by one process, and by another when that has gone; all of them answer the same', async () => {
    const first = await startProcess('all')
    const second = await startProcess('gateway')
    try {
      const before = await until(async () => {
        const [one, other] = [await scaling(first), await scaling(second)]
        return one.decidedAt !== null && one.decidedAt === other.decidedAt ? one : undefined
      })
      expect(before.history.length).toBeGreaterThan(0)
      await first.close()
      const goneAt = new Date().toISOString()
      const after = await until(async () => {
        const answer = await scaling(second)
        return (answer.decidedAt ?? '') > goneAt ? answer : undefined
      })
      expect(after.desiredWorkers).toBeGreaterThanOrEqual(1)
    } finally {
      await first.close()
      await second.close()
    }
  })

  test('bad questions are answered with what is wrong', async () => {
    const platform = await startProcess('gateway')
    try {
      for (const [query, status] of [
        ['?models=x', 400],
        ['?model=', 400],
        ['?model=nobody', 400],
        ['?history=1441', 400],
        ['?history=-1', 400],
        ['?history=', 400],
      ] as const) {
        const response = await platform.fetch(new Request(`http://127.0.0.1/v1/scaling${query}`))
        expect([query, response.status]).toEqual([query, status])
        expect(response.headers.get('content-type')).toContain('problem+json')
      }
    } finally {
      await platform.close()
    }
  })
})

test('the message is signed as other webhooks are', async () => {
  const platform = await startProcess('gateway', { DARKROOM_SCALING_WEBHOOK: `${receiver.url}/signed` })
  try {
    const [message] = await receiver.at('/signed', 1)
    const secret = await platform.fetch(new Request('http://127.0.0.1/v1/webhooks/secret'))
    const shown = (await secret.json()) as { secret: string }
    const verified = new Webhook(shown.secret).verify(
      message?.body ?? '',
      message?.headers as Record<string, string>,
    )
    expect(verified).toMatchObject({ type: 'scaling.desired' })
  } finally {
    await platform.close()
  }
})

describe('workers of this machine', () => {
  test('as many run as are wanted; surplus ones end their pictures, and none is lost', async () => {
    // Workers of this machine get the environment of the process that starts them.
    for (const [name, value] of Object.entries({ ...common(), DARKROOM_LOG_LEVEL: 'silent' })) {
      vi.stubEnv(name, value)
    }
    const program = join(import.meta.dirname, '../packages/server/bin/darkroom.js')
    const platform = await startProcess('gateway', {
      DARKROOM_SCALING_MIN: '2',
      DARKROOM_SCALING_MAX: '2',
      DARKROOM_SCALING_COMMAND: `${process.execPath} ${program} start --role worker`,
    })
    try {
      await order(platform, 6, 1000)
      const warm = await until(async () => {
        const answer = await scaling(platform)
        return answer.warm >= 2 && answer.queued === 0 ? answer : undefined
      }, 50_000)
      expect(warm.desiredWorkers).toBeGreaterThanOrEqual(2)
    } finally {
      await platform.close()
    }
    const later = await startProcess('gateway', { DARKROOM_SCALING_MIN: '0' })
    try {
      const jobs = await later.fetch(new Request('http://127.0.0.1/v1/generations?limit=6'))
      const { items } = (await jobs.json()) as { items: { status: string }[] }
      expect(items.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'stored'))
    } finally {
      await later.close()
      vi.unstubAllEnvs()
    }
  })
})

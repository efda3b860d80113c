import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import type { OverviewReport } from '../packages/server/src/overview/overview-report.ts'
import type { ServerProcess, ServerSettings } from './support/server-process.ts'
import { bodyHash, makeDataDir, removeDataDir, startServer, until } from './support/server-process.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

const bin = new URL('../packages/server/bin/darkroom.js', import.meta.url).pathname

let dataDir: string
let postgres: EmbeddedPostgres
let databaseUrl: string
let fake: OpenAIFake
const servers: ServerProcess[] = []

beforeAll(async () => {
  dataDir = await makeDataDir()
  postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), maxConnections: 80 })
  databaseUrl = databaseUrlOf(postgres.connection)
})
afterAll(async () => {
  await postgres.stop()
  await removeDataDir(dataDir)
})
beforeEach(async () => {
  fake = await startOpenAIFake()
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.end('SIGTERM')))
  await fake.close()
})

async function start(role: NonNullable<ServerSettings['role']>): Promise<ServerProcess> {
  const server = await startServer({
    dataDir: join(dataDir, 'unused'),
    role,
    environment: {
      DATABASE_URL: databaseUrl,
      DARKROOM_STORAGE: `file:${join(dataDir, 'objects')}`,
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
    },
  })
  servers.push(server)
  return server
}

async function overviewOf(server: ServerProcess): Promise<OverviewReport> {
  return (await (await fetch(`${server.url}/v1/overview`)).json()) as OverviewReport
}

describe('gateways and workers as processes of their own', () => {
  test('a gateway accepts without any worker; the first worker to come draws', async () => {
    const gateway = await start('gateway')
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)
    const accepted = await fetch(`${gateway.url}/v1/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify({ prompt: 'a lonely harbour', size: '256x192' }),
    })
    expect(accepted.status).toBe(202)
    const location = `${gateway.url}${accepted.headers.get('location')}`
    const status = async (): Promise<string> =>
      ((await (await fetch(location)).json()) as { status: string }).status
    expect([await status(), fake.calls.length]).toEqual(['queued', 0])
    // No worker is running, and one ask waits: what the dashboard tells first.
    const before = await overviewOf(gateway)
    expect([before.workers, before.queue.queued]).toEqual([[], 1])

    const worker = await start('worker')
    await until(async () => ((await status()) === 'stored' ? true : undefined))
    expect(fake.calls).toHaveLength(1)
    expect((await fetch(`${worker.url}/readyz`)).status).toBe(200)
    const { workers } = await until(async () => {
      const now = await overviewOf(gateway)
      return now.workers.length > 0 ? now : undefined
    })
    expect(workers).toEqual([expect.objectContaining({ id: expect.stringContaining(`:${worker.pid}`) })])
  })

  test('two gateways, two workers: one picture for all who ask, also when its worker dies half way', async () => {
    const gateways = [await start('gateway'), await start('gateway')]
    const workers = [await start('worker')]
    const release = fake.hold()
    const answers = Array.from({ length: 20 }, async (_, index) => {
      const response = await fetch(`${gateways[index % 2]?.url}/live/demo?prompt=a+pier&size=256x192`)
      return [response.status, await bodyHash(response)].join(' ')
    })
    await fake.waitForCalls(1)
    workers.push(await start('worker'))
    await workers[0]?.end('SIGKILL')
    await fake.waitForAbandoned(1)
    release()
    const distinct = new Set(await Promise.all(answers))
    expect(distinct.size).toBe(1)
    expect([...distinct][0]).toMatch(/^200 /u)
    expect(fake.calls).toHaveLength(2)
  })

  test('a carousel is accepted by a gateway and made by a worker', async () => {
    const gateway = await start('gateway')
    await start('worker')
    const made = await fetch(`${gateway.url}/v1/carousels`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=60' },
      body: JSON.stringify({
        base: { prompt: 'a workshop', size: '512x640' },
        size: '540x675',
        slides: [
          { kind: 'hook', title: 'One' },
          { kind: 'cta', title: 'Two', label: 'Go' },
        ],
      }),
    })
    const record = (await made.json()) as { slides: { status: string; url: string }[] }
    expect([made.status, record.slides.map(({ status }) => status)]).toEqual([201, ['stored', 'stored']])
    expect((await fetch(`${gateway.url}${record.slides[1]?.url}`)).headers.get('content-type')).toBe(
      'image/jpeg',
    )
  })

  test('a predictor is ready without a worker, and serves nothing but its health', async () => {
    const predictor = await start('predictor')
    expect((await fetch(`${predictor.url}/readyz`)).status).toBe(200)
    expect((await fetch(`${predictor.url}/v1/predictions`)).status).toBe(404)
  })

  test('a worker serves nothing but its health and its figures', async () => {
    const worker = await start('worker')
    expect((await fetch(`${worker.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${worker.url}/readyz`, { method: 'HEAD' })).status).toBe(200)
    const metrics = await fetch(`${worker.url}/metrics`)
    expect([metrics.status, metrics.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ])
    expect(await metrics.text()).toContain('process_resident_memory_bytes')
    const live = await fetch(`${worker.url}/live/demo?prompt=a+pier`)
    expect([live.status, live.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    const purge = await fetch(`${worker.url}/v1/purge`, { method: 'POST', body: '{"everything":true}' })
    expect(purge.status).toBe(404)
    expect((await fetch(`${worker.url}/healthz`, { method: 'POST' })).status).toBe(405)
  })
})

test.each([
  [['--role', 'worker'], 'needs DATABASE_URL'],
  [['--role', 'gateway'], 'needs DATABASE_URL'],
  [['--role', 'predictor'], 'needs DATABASE_URL'],
  [['--role', 'leader'], 'is no role'],
])('%j alone is a usage error', async (args, message) => {
  const ended = await promisify(execFile)(process.execPath, [bin, 'start', ...args], {
    env: { PATH: process.env['PATH'], DARKROOM_DATA: join(dataDir, 'unused') },
  }).catch((error: unknown) => error as { code: number; stderr: string })
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(message) as string })
})

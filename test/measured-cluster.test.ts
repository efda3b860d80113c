import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import type { ServerProcess, ServerSettings } from './support/server-process.ts'
import { makeDataDir, removeDataDir, startServer, until } from './support/server-process.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

/** What is measured where gateways and workers are processes of their own: one sum, whoever is asked. */

let dataDir: string
let postgres: EmbeddedPostgres
let databaseUrl: string
let fake: OpenAIFake
const servers: ServerProcess[] = []

beforeAll(async () => {
  dataDir = await makeDataDir()
  postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), maxConnections: 80 })
  databaseUrl = databaseUrlOf(postgres.connection)
  fake = await startOpenAIFake()
})
afterAll(async () => {
  await Promise.all(servers.map((server) => server.end('SIGTERM')))
  await fake.close()
  await postgres.stop()
  await removeDataDir(dataDir)
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

interface Group {
  name: string
  count: number
  p50Ms: number
}

interface Unit {
  kind: string
  axis: string
  ran: number
  joined: number
  rerun: number
}

async function read<T>(server: ServerProcess | undefined, path: string): Promise<T> {
  return (await (await fetch(`${server?.url}${path}`)).json()) as T
}

async function stages(server: ServerProcess | undefined): Promise<Map<string, Group>> {
  const { groups } = await read<{ groups: Group[] }>(server, '/v1/latency?window=1h&by=stage&scope=demo')
  return new Map(groups.map((group) => [group.name, group]))
}

async function generationUnit(server: ServerProcess | undefined): Promise<Unit | undefined> {
  const { units } = await read<{ units: Unit[] }>(server, '/v1/ledger?window=1h')
  return units.find(({ kind, axis }) => kind === 'generation' && axis === 'concurrent')
}

/** The process that made the newest picture, as its waterfall tells. */
async function generatedBy(server: ServerProcess | undefined): Promise<string | null | undefined> {
  const { items } = await read<{ items: { id: string }[] }>(server, '/v1/generations?limit=1')
  const { spans } = await read<{ spans: { name: string; process: string | null }[] }>(
    server,
    `/v1/generations/${items[0]?.id}/explain`,
  )
  return spans.find(({ name }) => name === 'generate')?.process
}

test('two gateways and a worker: the backend’s time is in generate, counted once, whoever is asked', async () => {
  const gateways = [await start('gateway'), await start('gateway')]
  const worker = await start('worker')
  const release = fake.hold()
  const askedMs = performance.now()
  const answers = Array.from({ length: 6 }, async (_, index) => {
    const answer = await fetch(`${gateways[index % 2]?.url}/live/demo?prompt=a+pier&size=256x192`)
    await answer.arrayBuffer()
    return answer.status
  })
  await fake.waitForCalls(1)
  const heldMs = performance.now()
  await new Promise((resolve) => setTimeout(resolve, 700))
  const longEnoughMs = performance.now() - heldMs
  release()
  expect(new Set(await Promise.all(answers))).toEqual(new Set([200]))
  const wholeMs = performance.now() - askedMs

  // The worker stores what it measured every few seconds.
  const measured = await until(async () => {
    const found = await stages(gateways[0])
    return found.has('generate') ? found : undefined
  })
  expect(await stages(gateways[1]).then((other) => other.get('generate'))).toEqual(measured.get('generate'))
  expect(measured.get('generate')?.count).toBe(1)
  expect(measured.get('generate')?.p50Ms).toBeGreaterThan(longEnoughMs * 0.98)
  expect(measured.get('generate')?.p50Ms).toBeLessThan(wholeMs * 1.02)
  // All that waited did so for the whole of it; no other stage has that time.
  const { groups } = await read<{ groups: Group[] }>(gateways[0], '/v1/latency?window=1h&by=route')
  expect(groups.find(({ name }) => name === '/live/{scope}')?.count).toBe(6)
  for (const name of ['key', 'access', 'edge', 'store', 'encode']) {
    expect(measured.get(name)?.p50Ms).toBeLessThan(longEnoughMs)
  }
  expect(await generationUnit(gateways[1])).toMatchObject({ ran: 1, rerun: 0 })

  expect(await generatedBy(gateways[1])).toMatch(new RegExp(`:${worker.pid}$`, 'u'))

  // Prometheus reads each process by itself: the work is the worker's.
  const work = /^darkroom_work_units_total\{kind="generation",axis="concurrent",how="ran"\} 1$/mu
  expect(await (await fetch(`${worker.url}/metrics`)).text()).toMatch(work)
  for (const gateway of gateways) {
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).not.toMatch(work)
  }
})

test('a worker that is killed half way is one rerun in the ledger, and the second is named', async () => {
  // Two gateways and the worker of the test before.
  const [gateway] = servers
  const calls = fake.calls.length
  const release = fake.hold()
  const answer = fetch(`${gateway?.url}/live/demo?prompt=a+tower&size=256x192`)
  await fake.waitForCalls(calls + 1)
  const second = await start('worker')
  await servers[2]?.end('SIGKILL')
  await fake.waitForCalls(calls + 2)
  release()
  expect((await answer).status).toBe(200)
  const unit = await until(async () => {
    const found = await generationUnit(gateway)
    return found?.ran === 2 ? found : undefined
  })
  expect(unit).toMatchObject({ ran: 2, rerun: 1 })
  expect(await generatedBy(gateway)).toMatch(new RegExp(`:${second.pid}$`, 'u'))
})

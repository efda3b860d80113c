import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import pg from 'pg'
import type { CutNetwork } from './support/network.ts'
import { networkMissing, startCutNetwork } from './support/network.ts'
import type { ServerProcess } from './support/server-process.ts'
import { startServer, until } from './support/server-process.ts'
import type { ModelServer } from './torture/model-server.ts'
import { startModelServer } from './torture/model-server.ts'

const missing = networkMissing()

/** How long the cut worker's model draws: its picture comes when the link is back. */
const slowDrawMs = 25_000

describe.skipIf(missing !== undefined)(
  `a worker whose network is cut${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    let network: CutNetwork
    let fast: ModelServer
    let slow: ChildProcess
    let database: pg.Client
    const servers: ServerProcess[] = []

    beforeAll(async () => {
      network = await startCutNetwork()
      fast = await startModelServer(() => 50)
      database = new pg.Client({ connectionString: network.localUrl })
      await database.connect()
    })
    afterAll(async () => {
      await Promise.all(servers.map((server) => server.end('SIGKILL')))
      slow?.kill('SIGKILL')
      await database?.end()
      await fast?.close()
      await network?.close()
    })

    async function start(
      role: 'gateway' | 'worker',
      url: string,
      baseUrl: string,
      wrapper: readonly string[] = [],
    ) {
      const server = await startServer({
        role,
        dataDir: join(network.folder, 'unused'),
        wrapper,
        environment: {
          DATABASE_URL: url,
          DARKROOM_STORAGE: `file:${join(network.folder, 'objects')}`,
          DARKROOM_MODELS: 'default=openai:any',
          OPENAI_BASE_URL: baseUrl,
          OPENAI_API_KEY: 'k',
        },
      })
      servers.push(server)
      return server
    }

    async function rows<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
      return (await database.query<Row>(text)).rows
    }

    test('loses its job to another within 15 s, and writes nothing when the link is back', async () => {
      const [program, ...args] = [...network.inside, process.execPath]
      slow = spawn(
        program,
        [...args, join(import.meta.dirname, 'support/model-server-program.ts'), String(slowDrawMs)],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const [address] = (await once(createInterface({ input: slow.stdout as Readable }), 'line')) as [string]
      const gateway = await start('gateway', network.localUrl, fast.baseUrl)
      await start('worker', network.remoteUrl, address, network.inside)
      const answer = await fetch(`${gateway.url}/v1/generations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', prefer: 'respond-async' },
        body: JSON.stringify({ prompt: 'a harbour', size: '64x64' }),
      })
      expect(answer.status).toBe(202)
      await until(async () => (await rows(`select from generations where status = 'running'`))[0])
      const startedAt = performance.now()
      await start('worker', network.localUrl, fast.baseUrl)
      await network.cut()
      const cutAt = performance.now()
      const stored = await until(
        async () =>
          (
            await rows<{ object_hash: string; reruns: number }>(
              `select * from generations where status = 'stored'`,
            )
          )[0],
      )
      // The bound is the promise, not a measure of this machine: the rest of the time is the link being silent.
      expect(performance.now() - cutAt).toBeLessThan(15_000)
      expect(stored).toMatchObject({ reruns: 1, retries: 0, attempt: 1 })
      await network.mend()
      // Until the cut worker's model has drawn, and the worker has had time to try.
      const rest = slowDrawMs - (performance.now() - startedAt)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest) + 3000))
      const [after] = await rows<{ object_hash: string; lease: string | null }>('select * from generations')
      expect(after).toEqual(stored)
      expect(await rows('select from images')).toHaveLength(1)
      const events = await rows<{ type: string }>('select type from generation_events order by seq')
      expect(events.filter(({ type }) => type === 'stored')).toHaveLength(1)
      expect(events.at(-1)?.type).toBe('stored')
      // The worker itself lives, and works again.
      expect(fast.callCount).toBe(1)
      const health = await rows<{ count: number }>(
        `select count(*)::int as count from pg_locks where locktype = 'advisory' and classid = 6582903 and granted`,
      )
      expect(health[0]?.count).toBe(3)
    }, 90_000)
  },
)

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import type { DatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import { createDatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import { startReceiver } from './support/receiver.ts'
import type { ServerProcess } from './support/server-process.ts'
import { startServer, until } from './support/server-process.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

let folder: DatabaseFolder
let database: EmbeddedPostgres
const servers: ServerProcess[] = []

beforeAll(async () => {
  folder = await createDatabaseFolder()
  database = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres'), maxConnections: 80 })
})
afterAll(async () => {
  await Promise.all(servers.map((server) => server.end('SIGTERM')))
  await database.stop()
  await folder.remove()
})

async function start(): Promise<ServerProcess> {
  const server = await startServer({
    dataDir: join(folder.path, 'unused'),
    environment: {
      DATABASE_URL: databaseUrlOf(database.connection),
      DARKROOM_STORAGE: `file:${join(folder.path, 'objects')}`,
      DARKROOM_OUTBOUND_ALLOW: '127.0.0.1',
    },
  })
  servers.push(server)
  return server
}

async function order(server: ServerProcess, prompt: string, webhook: string): Promise<string> {
  const answer = await fetch(`${server.url}/v1/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify({ prompt, size: '256x192', webhook }),
  })
  return ((await answer.json()) as { id: string }).id
}

async function messagesOf(server: ServerProcess, subject: string): Promise<{ id: string; status: string }[]> {
  const answer = await fetch(`${server.url}/v1/webhooks?subject=${subject}`)
  return ((await answer.json()) as { items: { id: string; status: string }[] }).items
}

test('a process that dies while it sends: another sends the message, under the same id', async () => {
  await using receiver = await startReceiver()
  receiver.answer = () => {}
  const first = await start()
  const id = await order(first, 'a harbour that is told of', `${receiver.url}/hook`)
  await receiver.at('/hook', 1)
  await first.end('SIGKILL')
  receiver.answer = (response) => response.writeHead(204).end()
  const second = await start()
  const [message] = await until(async () => {
    const found = await messagesOf(second, id)
    return found[0]?.status === 'delivered' ? found : undefined
  })
  const ids = (await receiver.at('/hook', 2)).map(({ headers }) => headers['webhook-id'])
  expect(ids).toEqual([message?.id, message?.id])
})

test('forty messages by two processes: each is sent once', async () => {
  await using receiver = await startReceiver()
  const two = [await start(), await start()]
  const orders = Array.from({ length: 40 }, async (_, index) => {
    const server = two[index % 2]
    if (server === undefined) throw new Error('there are two')
    return await order(server, `harbour ${index % 10}, told of`, `${receiver.url}/${index}`)
  })
  await Promise.all(orders)
  for (let index = 0; index < 40; index += 1) await receiver.at(`/${index}`, 1)
  // Nothing is under way any more when the processes have ended: what would be sent twice has been.
  await Promise.all(two.map((server) => server.end('SIGTERM')))
  expect(receiver.received).toHaveLength(40)
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(40)
})

import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { createDatabaseFolder } from './testing/owner-process.ts'

const log = { info: () => {}, warn: () => {}, error: () => {} }

test('a statement waits for a connection where the server has none to give', async () => {
  const folder = await createDatabaseFolder()
  const server = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres'), maxConnections: 12 })
  const others: pg.Client[] = []
  try {
    const database = await openDatabase({ connection: server.connection, log })
    let refused: unknown
    while (refused === undefined) {
      const other = new pg.Client({ ...server.connection })
      other.on('error', () => {})
      await other.connect().then(
        () => others.push(other),
        (error: unknown) => (refused = error),
      )
    }
    expect(refused).toMatchObject({ code: '53300' })
    const nap = (): Promise<unknown> => sql`select pg_sleep(0.3)`.execute(database.kysely)
    // One has the pool's own connection, the other needs another.
    const [, second] = [nap(), nap()]
    await new Promise((resolve) => setTimeout(resolve, 100))
    await others.pop()?.end()
    await second
    await database.close()
  } finally {
    for (const other of others) await other.end()
    await server.stop()
    await folder.remove()
  }
})

import type { Kysely } from 'kysely'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { ConnectionTarget } from '../database/connection.ts'
import { openDatabase } from '../database/database.ts'
import { DatabaseStartError, startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { migrate } from '../database/migrate.ts'
import { migrations } from '../database/migrations.ts'
import { findRunningDatabase } from '../database/running-server.ts'
import type { Schema } from '../database/schema.ts'
import { makeFolder } from '../folder.ts'

/**
 * Runs a command on the database of the configuration: `DATABASE_URL`, the embedded one of a server that runs on the
 * data folder, or the embedded one, started for as long as the command takes.
 * @throws DatabaseStartError, the database's error
 */
export async function withDatabase<T>(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  log: Logger,
  use: (database: Kysely<Schema>, connection: ConnectionTarget) => Promise<T>,
  { migrates = true }: { migrates?: boolean } = {},
): Promise<T> {
  const target = await reach(config, log)
  try {
    const database = await openDatabase({
      connection: target.connection,
      log,
      maxConnections: 2,
      applicationName: 'darkroom command',
    })
    try {
      if (migrates) await migrate(database.kysely, migrations)
      return await use(database.kysely, target.connection)
    } finally {
      await database.close()
    }
  } finally {
    await target.leave()
  }
}

async function reach(
  { databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>,
  log: Logger,
): Promise<{ connection: ConnectionTarget; leave: () => Promise<void> }> {
  if (databaseUrl !== undefined) return { connection: databaseUrl, leave: async () => {} }
  const folder = join(dataDir, 'postgres')
  const running = await findRunningDatabase(folder)
  if (running !== undefined) return { connection: running, leave: async () => {} }
  await makeFolder(dataDir)
  try {
    const embedded = await startEmbeddedPostgres({ dataDir: folder, log })
    return { connection: embedded.connection, leave: () => embedded.stop() }
  } catch (error) {
    // A server took the folder since we looked.
    const started = await findRunningDatabase(folder)
    if (started === undefined || !(error instanceof DatabaseStartError)) throw error
    return { connection: started, leave: async () => {} }
  }
}

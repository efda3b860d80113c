import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { ConnectionTarget } from '../database/connection.ts'
import type { ExportEnd } from '../database/exported-tables.ts'
import { ImportError, importRows, isMigrated, readExportHeader } from '../database/import-database.ts'
import { createListener } from '../database/listener.ts'
import { migrate } from '../database/migrate.ts'
import { migrations } from '../database/migrations.ts'
import type { Schema } from '../database/schema.ts'
import { createPgBossQueues } from '../queue/pg-boss-queue.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { requeueImported } from './requeue-imported.ts'
import { createCommandLog, readConfig } from './read-config.ts'
import { withDatabase } from './with-database.ts'

/** Options of `darkroom import` as commander gives them. */
export interface ImportOptions {
  /** What `darkroom export` wrote; `undefined` or `-`: standard input. */
  file?: string | undefined
  json: boolean
}

/**
 * `darkroom import`: reads an export into an empty PostgreSQL, in one transaction, and queues again what had not ended.
 */
export async function importCommand(options: ImportOptions, io: CommandEnvironment): Promise<number> {
  const config = await readConfig(io)
  if (config === undefined) return exitCodes.failed
  const log = createCommandLog(io)
  const file = options.file === '-' ? undefined : options.file
  try {
    const lines = createInterface({ input: await sourceOf(file), crlfDelay: Number.POSITIVE_INFINITY })[
      Symbol.asyncIterator
    ]()
    const { value: first } = await lines.next()
    const header = readExportHeader(first)
    const result = await withDatabase(
      config,
      log,
      async (database, connection) => {
        // As it was: migrations that change rows must find the rows.
        if (!(await isMigrated(database))) await migrate(database, migrationsUntil(header.migration))
        const imported = await load(database, connection, lines, log)
        await migrate(database, migrations)
        return imported
      },
      { migrates: false },
    )
    report(result, options, io)
    return exitCodes.done
  } catch (error) {
    const known = error instanceof ImportError
    io.stderr(
      `${known ? '' : 'The export cannot be imported: '}${error instanceof Error ? error.message : String(error)}\n`,
    )
    return exitCodes.failed
  }
}

function migrationsUntil(last: string): typeof migrations {
  return Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= last))
}

/** Compressed or not, whatever it is called. */
async function sourceOf(file: string | undefined): Promise<Readable> {
  if (file === undefined) return process.stdin
  const handle = await open(file)
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
  await handle.close()
  const source = createReadStream(file)
  if (buffer[0] !== 0x1f || buffer[1] !== 0x8b) return source
  const plain = createGunzip()
  // A pipe alone would leave the reader waiting when the file breaks off.
  source.on('error', (error) => plain.destroy(error))
  return source.pipe(plain)
}

interface Imported {
  tables: ExportEnd['rows']
  /** Generations and carousels that go on here. */
  queued: number
}

async function load(
  database: Kysely<Schema>,
  connection: ConnectionTarget,
  lines: AsyncIterableIterator<string>,
  log: Logger,
): Promise<Imported> {
  // The queue makes its own tables when it starts.
  const listener = await createListener({ connection, log })
  try {
    const queues = await createPgBossQueues({ connection, listener, log })
    try {
      return await database.transaction().execute(async (transaction) => {
        const tables = await importRows(transaction, lines)
        return { tables, queued: await requeueImported(transaction, queues) }
      })
    } finally {
      await queues.close()
    }
  } finally {
    await listener.close()
  }
}

function report({ tables, queued }: Imported, { json }: ImportOptions, io: CommandEnvironment): void {
  const rows = Object.values(tables).reduce((sum, each) => sum + each, 0)
  io.stdout(
    json
      ? `${JSON.stringify({ rows, tables, queued })}\n`
      : `${rows} rows of ${Object.keys(tables).length} tables imported; ${queued} unfinished records were queued again.\n` +
          'Start the server with the same object store and the same server secret (DARKROOM_SECRET or secret.key).\n',
  )
}

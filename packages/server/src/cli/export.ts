import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { ExportEnd } from '../database/exported-tables.ts'
import { exportDatabase } from '../database/export-database.ts'
import { version } from '../version.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { createCommandLog, readConfig } from './read-config.ts'
import { withDatabase } from './with-database.ts'

/** Options of `darkroom export` as commander gives them. */
export interface ExportOptions {
  /** Where it goes; `undefined` or `-`: standard output. Compressed where the name ends in `.gz`. */
  file?: string | undefined
  json: boolean
}

/** `darkroom export`: the database as one file, which `darkroom import` reads into any PostgreSQL. */
export async function exportCommand(options: ExportOptions, io: CommandEnvironment): Promise<number> {
  const config = await readConfig(io)
  if (config === undefined) return exitCodes.failed
  const file = options.file === '-' ? undefined : options.file
  let rows: ExportEnd['rows'] | undefined
  try {
    await withDatabase(config, createCommandLog(io), async (database) => {
      const lines = async function* (): AsyncGenerator<string> {
        rows = yield* exportDatabase(database, version)
      }
      await write(lines(), file, io)
    })
  } catch (error) {
    io.stderr(`The database cannot be exported: ${error instanceof Error ? error.message : String(error)}\n`)
    return exitCodes.failed
  }
  report(rows ?? {}, file, options, io)
  return exitCodes.done
}

/** A file that is not whole is none; one that is there already is not written over. */
async function write(
  lines: AsyncGenerator<string>,
  file: string | undefined,
  io: CommandEnvironment,
): Promise<void> {
  if (file === undefined) {
    for await (const text of lines) io.stdout(text)
    return
  }
  // It has the secrets of webhooks and of image addresses in it.
  const target = createWriteStream(file, { flags: 'wx', mode: 0o600 })
  try {
    const source = Readable.from(lines)
    await (file.endsWith('.gz') ? pipeline(source, createGzip(), target) : pipeline(source, target))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
      await rm(file, { force: true })
    throw error
  }
}

function report(
  rows: ExportEnd['rows'],
  file: string | undefined,
  { json }: ExportOptions,
  io: CommandEnvironment,
): void {
  const count = Object.values(rows).reduce((sum, each) => sum + each, 0)
  // Standard output may be the export itself.
  const print = file === undefined ? io.stderr : io.stdout
  if (json) {
    print(`${JSON.stringify({ file: file ?? null, rows: count, tables: rows })}\n`)
    return
  }
  print(
    `${count} rows of ${Object.keys(rows).length} tables exported${file === undefined ? '' : ` to ${file}`}.\n` +
      'Not in it: the pictures, which stay in the object store, and the server secret (DARKROOM_SECRET or secret.key),\n' +
      'without which API keys and signed URLs are not recognised. Keep the file as safe as both.\n',
  )
}

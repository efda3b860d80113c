import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import { z } from 'zod'
import type { ExportEnd, ExportHeader } from './exported-tables.ts'
import { exportedTables, exportFormat } from './exported-tables.ts'
import { migrations } from './migrations.ts'
import type { Schema } from './schema.ts'

/** What is wrong with the file or with the database it is to go into; the message says what to do. */
export class ImportError extends Error {
  override readonly name = 'ImportError'
}

const headerSchema = z.object({
  format: z.string(),
  version: z.number(),
  darkroom: z.string(),
  migration: z.string(),
  at: z.string(),
})
const tableSchema = z.object({ table: z.string(), columns: z.array(z.string()).min(1) })
const endSchema = z.object({ rows: z.record(z.string(), z.number()) })

/** One statement takes so many characters of rows. */
const batchLength = 1_000_000

/** The header of an export, once its form and its migration are known here. @throws ImportError */
export function readExportHeader(line: string | undefined): ExportHeader {
  const header = line === undefined ? undefined : headerSchema.safeParse(controlOf(line)).data
  if (header?.format !== exportFormat.name) throw new ImportError('This is no export of Darkroom.')
  if (header.version !== exportFormat.version)
    throw new ImportError(
      `The export has the form ${header.version}; this release reads ${exportFormat.version}.`,
    )
  if (!Object.hasOwn(migrations, header.migration)) {
    throw new ImportError(
      `The export is of a newer Darkroom (${header.darkroom}, ${header.migration}): import it with that one.`,
    )
  }
  return header
}

/**
 * Writes the rows of an export into empty tables, in the caller's transaction. The tables have the export's migration, or
 * a later one that gave columns defaults.
 * @param lines what follows the header
 * @returns how many rows each table got
 * @throws ImportError, and then the transaction must be rolled back
 */
export async function importRows(
  transaction: Transaction<Schema>,
  lines: AsyncIterable<string>,
): Promise<ExportEnd['rows']> {
  const known = new Map((await exportedTables(transaction)).map(({ table, columns }) => [table, columns]))
  await refuseUsed(transaction, [...known.keys()])
  const written: ExportEnd['rows'] = {}
  let current: { table: string; columns: string[] } | undefined
  let batch: string[] = []
  let length = 0
  const flush = async (): Promise<void> => {
    if (current === undefined || batch.length === 0) return
    await insertRows(transaction, current, batch)
    written[current.table] = (written[current.table] ?? 0) + batch.length
    batch = []
    length = 0
  }
  for await (const line of lines) {
    if (!line.startsWith('#')) {
      if (line === '') continue
      if (current === undefined)
        throw new ImportError('The export is damaged: a row stands before its table.')
      batch.push(line)
      length += line.length
      if (length > batchLength) await flush()
      continue
    }
    await flush()
    const control = controlOf(line)
    const end = endSchema.safeParse(control).data
    if (end !== undefined) {
      checkCounts(end, written)
      await setSequences(transaction, [...known.keys()])
      return end.rows
    }
    current = tableOf(control, known)
  }
  throw new ImportError('The export is not whole: its end is missing. Nothing was imported.')
}

function controlOf(line: string): unknown {
  try {
    return JSON.parse(line.slice(1))
  } catch {
    return undefined
  }
}

function tableOf(
  control: unknown,
  known: ReadonlyMap<string, string[]>,
): { table: string; columns: string[] } {
  const parsed = tableSchema.safeParse(control).data
  if (parsed === undefined) throw new ImportError('The export is damaged: a line can be read as nothing.')
  const columns = known.get(parsed.table)
  const unknown =
    columns === undefined ? [parsed.table] : parsed.columns.filter((name) => !columns.includes(name))
  if (unknown.length > 0) throw new ImportError(`The database has no ${unknown.join(', ')} of the export.`)
  return parsed
}

function checkCounts(end: ExportEnd, written: ExportEnd['rows']): void {
  for (const [table, count] of Object.entries(end.rows)) {
    if ((written[table] ?? 0) !== count)
      throw new ImportError(`The export is damaged: ${table} has ${written[table] ?? 0} rows of ${count}.`)
  }
}

async function insertRows(
  transaction: Transaction<Schema>,
  { table, columns }: { table: string; columns: string[] },
  rows: readonly string[],
): Promise<void> {
  const names = sql.join(columns.map((name) => sql.ref(name)))
  try {
    await sql`
      insert into ${sql.table(table)} (${names}) overriding system value
      select ${names} from json_populate_recordset(null::${sql.table(table)}, ${`[${rows.join(',')}]`}::json)
    `.execute(transaction)
  } catch (error) {
    // 22: data exception, 23: a row that breaks a rule of the table (PostgreSQL, appendix A).
    if (!(error instanceof Error && 'code' in error && /^2[23]/u.test(String(error.code)))) throw error
    throw new ImportError(`The export is damaged: ${table} refuses its rows (${error.message}).`, {
      cause: error,
    })
  }
}

/** @throws ImportError when any table has a row: two deployments cannot be mixed */
async function refuseUsed(transaction: Transaction<Schema>, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const { rows } = await sql`select from ${sql.table(table)} limit 1`.execute(transaction)
    if (rows.length > 0) {
      throw new ImportError(
        `The database is not empty (${table} has rows): import into one in which no Darkroom has run.`,
      )
    }
  }
}

/** Numbers go on where the imported ones end. */
async function setSequences(transaction: Transaction<Schema>, tables: readonly string[]): Promise<void> {
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as table, column_name as column from information_schema.columns
    where table_schema = current_schema() and table_name = any(${[...tables]}) and is_identity = 'YES'
  `.execute(transaction)
  for (const { table, column } of rows) {
    await sql`
      select setval(pg_get_serial_sequence(${table}, ${column}), max(${sql.ref(column)}))
      from ${sql.table(table)} having max(${sql.ref(column)}) is not null
    `.execute(transaction)
  }
}

/** Whether Darkroom has made its tables there. */
export async function isMigrated(database: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ exists: boolean }>`
    select to_regclass('kysely_migration') is not null as exists
  `.execute(database)
  return rows[0]?.exists === true
}

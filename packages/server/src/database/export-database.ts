import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { ExportEnd, ExportHeader } from './exported-tables.ts'
import { exportedTables, exportFormat } from './exported-tables.ts'
import type { Schema } from './schema.ts'

/** Rows of one fetch; each is a few hundred bytes, previews of running work up to 90 KB. */
const fetchedRows = 200

/**
 * All that a deployment's database knows, as lines: a header, for each table a line with its columns and one line of JSON
 * for each row, and an end with the counts. Lines that are no rows begin with `#`. One snapshot, however long it takes and
 * whatever happens meanwhile; memory stays flat. Objects are not in it: they lie in the object store.
 */
export async function* exportDatabase(
  database: Kysely<Schema>,
  darkroom: string,
): AsyncGenerator<string, ExportEnd['rows']> {
  const transaction = await database.startTransaction().setIsolationLevel('repeatable read').execute()
  try {
    await sql`set transaction read only`.execute(transaction)
    const header: ExportHeader = {
      format: exportFormat.name,
      version: exportFormat.version,
      darkroom,
      migration: await migrationOf(transaction),
      at: new Date().toISOString(),
    }
    yield `#${JSON.stringify(header)}\n`
    const rows: ExportEnd['rows'] = {}
    for (const table of await exportedTables(transaction)) {
      yield `#${JSON.stringify(table)}\n`
      let count = 0
      for await (const lines of rowsOf(transaction, table.table)) {
        count += lines.length
        yield `${lines.join('\n')}\n`
      }
      rows[table.table] = count
    }
    yield `#${JSON.stringify({ rows } satisfies ExportEnd)}\n`
    return rows
  } finally {
    await transaction.rollback().execute()
  }
}

async function migrationOf(transaction: Transaction<Schema>): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select name from kysely_migration order by name desc limit 1
  `.execute(transaction)
  const [last] = rows
  if (last === undefined) throw new Error('The database has no tables of Darkroom.')
  return last.name
}

async function* rowsOf(transaction: Transaction<Schema>, table: string): AsyncGenerator<string[]> {
  await sql`declare exported no scroll cursor for select row_to_json(t)::text as row from ${sql.table(table)} as t`.execute(
    transaction,
  )
  for (;;) {
    const { rows } = await sql<{ row: string }>`fetch ${sql.lit(fetchedRows)} from exported`.execute(
      transaction,
    )
    if (rows.length > 0) yield rows.map(({ row }) => row)
    if (rows.length < fetchedRows) break
  }
  await sql`close exported`.execute(transaction)
}

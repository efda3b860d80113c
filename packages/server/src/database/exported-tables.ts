import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import { tableRights } from './roles.ts'
import type { Schema } from './schema.ts'

/** The form of the file; a reader refuses any other. */
export const exportFormat = { name: 'darkroom-export', version: 1 } as const

/** The first line of an export. */
export interface ExportHeader {
  format: string
  version: number
  /** The release that wrote it. */
  darkroom: string
  /** The last migration of the database. */
  migration: string
  at: string
}

/** Before the rows of a table. */
export interface ExportedTable {
  table: string
  columns: string[]
}

/** The last line: without it the file is not whole. */
export interface ExportEnd {
  rows: Record<string, number>
}

/**
 * Rows about processes, not about work: a process that runs on the other database has its own. Counters of rates are
 * those of minutes, and the other database has its own migrations.
 */
export const leftBehind: ReadonlySet<string> = new Set([
  ...(['workers', 'cdn_states', 'lock_epochs'] satisfies (keyof Schema)[]),
  'rate_limits',
  'kysely_migration',
  'kysely_migration_lock',
])

/** All tables that are exported, those that others refer to first. */
export async function exportedTables(transaction: Transaction<Schema>): Promise<ExportedTable[]> {
  const names = Object.keys(tableRights).filter((name) => !leftBehind.has(name))
  const { rows: columns } = await sql<{ table: string; columns: string[] }>`
    select table_name as table, array_agg(column_name::text order by ordinal_position) as columns
    from information_schema.columns
    where table_schema = current_schema() and table_name = any(${names}) and is_generated = 'NEVER'
    group by table_name
  `.execute(transaction)
  const { rows: references } = await sql<{ from: string; to: string }>`
    select source.relname as from, target.relname as to
    from pg_constraint
    join pg_class as source on source.oid = conrelid join pg_class as target on target.oid = confrelid
    where contype = 'f' and connamespace = current_schema()::regnamespace and conrelid <> confrelid
  `.execute(transaction)
  const known = new Map(columns.map((each) => [each.table, each]))
  return inOrder(names, references).flatMap((name) => known.get(name) ?? [])
}

/** @throws Error where tables refer to each other in a circle: then no order would do */
function inOrder(names: readonly string[], references: readonly { from: string; to: string }[]): string[] {
  const ordered: string[] = []
  const open = new Set(names)
  while (open.size > 0) {
    const next = [...open].filter((name) =>
      references.every(({ from, to }) => from !== name || !open.has(to)),
    )
    if (next.length === 0) throw new Error(`tables refer to each other in a circle: ${[...open].join(', ')}`)
    for (const name of next) {
      ordered.push(name)
      open.delete(name)
    }
  }
  return ordered
}

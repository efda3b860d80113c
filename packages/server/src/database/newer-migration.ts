import type { Kysely } from 'kysely'
import { sql } from 'kysely'

/** How often it is asked: one row of a small table. */
const intervalMs = 2000

/**
 * Tells, once, that a newer Darkroom has migrated the database: its name is the first migration that this release does
 * not know. What a migration adds leaves older processes working, but only the newer ones know what it is for.
 * @returns stops it
 */
export function onNewerMigration<Tables>(
  options: {
    database: Kysely<Tables>
    migrations: Readonly<Record<string, unknown>>
  },
  tell: (migration: string) => void,
): () => void {
  const known = Object.keys(options.migrations)
  let asking = false
  const timer = setInterval(() => {
    if (asking) return
    asking = true
    newerThan(options.database, known)
      .then((newer) => {
        if (newer === undefined) return
        clearInterval(timer)
        tell(newer)
      })
      // The database is away: what needs it tells so.
      .catch(() => {})
      .finally(() => {
        asking = false
      })
  }, intervalMs)
  timer.unref()
  return () => clearInterval(timer)
}

async function newerThan<Tables>(
  database: Kysely<Tables>,
  known: readonly string[],
): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`
    select name from kysely_migration where name <> all(${[...known]}) order by name limit 1
  `.execute(database)
  return rows[0]?.name
}

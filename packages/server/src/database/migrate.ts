import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { Migrator } from 'kysely/migration'

/** Key of the advisory lock around migrations ("darkmigr" in ASCII), apart from those of pg-boss and Kysely. */
const migrationLock = '7233188282256418674'

/**
 * Brings the tables up to date. Several processes may start at once: one migrates, the others wait for it and find
 * nothing left to do.
 * @throws Error when a migration fails (nothing of that run is kept), or when the database was migrated by a newer
 * Darkroom
 */
export async function migrate<Tables>(
  database: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  await database.connection().execute(async (connection) => {
    // Around Kysely's own lock, which it takes only after making its tables: `create table if not exists` of two
    // sessions at once can fail in PostgreSQL.
    await sql`select pg_advisory_lock(${migrationLock}::bigint)`.execute(connection)
    try {
      await refuseNewerTables(connection, migrations)
      const migrator = new Migrator({
        db: connection,
        provider: { getMigrations: async () => ({ ...migrations }) },
      })
      const { error } = await migrator.migrateToLatest()
      if (error !== undefined)
        throw error instanceof Error ? error : new Error('a migration failed', { cause: error })
    } finally {
      await sql`select pg_advisory_unlock(${migrationLock}::bigint)`.execute(connection)
    }
  })
}

async function refuseNewerTables<Tables>(
  connection: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const table = await sql<{
    exists: boolean
  }>`select to_regclass('kysely_migration') is not null as exists`.execute(connection)
  if (table.rows[0]?.exists !== true) return
  const done = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(
    connection,
  )
  const unknown = done.rows.map(({ name }) => name).filter((name) => !Object.hasOwn(migrations, name))
  if (unknown.length === 0) return
  throw new Error(
    `The database was migrated by a newer Darkroom (${unknown.join(', ')}): start that one, or use another database.`,
  )
}

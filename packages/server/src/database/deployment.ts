import type { Kysely } from 'kysely'
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { identityOf } from './process-identity.ts'
import type { Schema } from './schema.ts'

/** The secret of image ids, made once for a deployment; the first process to come writes it. */
export async function imageIdSecret(database: Kysely<Schema>): Promise<string> {
  const name = 'image_id_secret'
  await database
    .insertInto('settings')
    .values({ name, value: randomBytes(32).toString('base64url') })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const row = await database
    .selectFrom('settings')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  return row.value
}

/** The secret of image ids, where this session may read it (`roles.ts`: a worker's own role may not). */
export async function readableSecret(database: Kysely<Schema>): Promise<string | undefined> {
  try {
    return await imageIdSecret(database)
  } catch (error) {
    // insufficient_privilege (PostgreSQL, appendix A)
    if (error instanceof Error && 'code' in error && error.code === '42501') return undefined
    throw error
  }
}

/** A row for this process: its number is that of the session lock by which others know that it lives. */
export async function registerWorker(database: Kysely<Schema>): Promise<number> {
  const identity = await identityOf()
  const { id } = await database
    .insertInto('workers')
    .values({
      name: `${hostname()}:${process.pid}`,
      machine: identity?.machine ?? null,
      pid: identity?.pid ?? null,
      process_start: identity?.start ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { ConnectionTarget, DatabaseLog } from './connection.ts'
import { poolOptions, serverKeepalive } from './connection.ts'
import { patientPool } from './patient-pool.ts'
import { PreparedClient } from './prepared-client.ts'
import type { Schema } from './schema.ts'

/** The database as the rooms use it. */
export interface Database {
  readonly kysely: Kysely<Schema>
  readonly pool: pg.Pool
  /** Waits for the connections in use, then closes all. Idempotent. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly connection: ConnectionTarget
  readonly log: DatabaseLog
  readonly maxConnections?: number
  /** How the process is named in `pg_stat_activity`. */
  readonly applicationName?: string
}

/** Waiting for a free connection ends here: a request that waits longer is better refused. */
const connectTimeoutMs = 10_000

/**
 * Opens the pool and proves it with a login.
 *
 * Values: `timestamptz` is a `Date`; `int8` (bigint, `count(*)`) stays a string, because a number would silently
 * round above 2^53: cast small counts in SQL (`count(*)::int`).
 * @throws Error when the database cannot be reached
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { connection, log, maxConnections = 10, applicationName = 'darkroom' } = options
  let closed: Promise<void> | undefined
  const pool = new pg.Pool({
    ...poolOptions(connection, applicationName),
    Client: PreparedClient,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    // The pool waits for it, whatever its type says. Over a Unix socket there is no network that could be cut.
    // oxlint-disable-next-line typescript/no-misused-promises
    ...(typeof connection === 'string' ? { onConnect: keepAlive } : {}),
  })
  // A connection that breaks while it lies idle in the pool would otherwise end the process.
  // Its message alone: the error carries the whole client, secret key included.
  pool.on('error', (error) => {
    // The pool does not wait for the last of its sockets, and the server may be stopped before they have gone.
    if (closed === undefined) log.warn({ reason: error.message }, 'an idle database connection broke')
  })
  // And so would one that breaks between two statements of a transaction: the pool listens only while it is idle. The
  // next statement then fails and tells.
  pool.on('connect', (client) => client.on('error', () => {}))
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: patientPool(pool) }) })
  const close = (): Promise<void> => (closed ??= kysely.destroy())
  try {
    // Kysely ends the pool only if it has used it; this also makes it do so.
    await kysely.selectNoFrom((build) => build.val(1).as('one')).execute()
  } catch (error) {
    await close()
    await pool.end().catch(() => {})
    throw error
  }
  return { kysely, pool, close }
}

async function keepAlive(client: pg.ClientBase): Promise<void> {
  await client.query(serverKeepalive)
}

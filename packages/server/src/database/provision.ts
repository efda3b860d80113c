import pg from 'pg'
import type { EmbeddedConnection } from './connection.ts'
import { poolOptions } from './connection.ts'
import type { Credentials } from './credentials.ts'

/** Role and database of the platform. The role owns the database and is no superuser. */
const name = 'darkroom'

const connectTimeoutMs = 10_000

/** PostgreSQL's codes for a refused login: wrong password or no such role, no such database. */
const missing: readonly string[] = ['28P01', '28000', '3D000']

/** What the platform connects with. */
export function connectionOf(socketDir: string, port: number, credentials: Credentials): EmbeddedConnection {
  return { host: socketDir, port, user: name, password: credentials.password, database: name }
}

/** Proves by logging in that the server answers, and makes the role and the database where they are missing. */
export async function connectOrProvision(
  connection: EmbeddedConnection,
  credentials: Credentials,
): Promise<void> {
  try {
    await withClient(connection, async () => {})
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && missing.includes(String(error.code)))) throw error
    await provision(connection, credentials)
    await withClient(connection, async () => {})
  }
}

/** Each step looks first: a start that was killed between two of them is finished by the next. */
async function provision(connection: EmbeddedConnection, credentials: Credentials): Promise<void> {
  const superuser = {
    ...connection,
    user: 'postgres',
    password: credentials.superuserPassword,
    database: 'template1',
  }
  await withClient(superuser, async (client) => {
    const password = client.escapeLiteral(credentials.password)
    const role = await client.query('select 1 from pg_roles where rolname = $1', [name])
    await client.query(`${role.rowCount === 0 ? 'create' : 'alter'} role ${name} login password ${password}`)
    const database = await client.query('select 1 from pg_database where datname = $1', [name])
    // Renaming the one that initdb made is instant; making another copies files.
    if (database.rowCount === 0) await client.query(`alter database postgres rename to ${name}`)
    await client.query(`alter database ${name} owner to ${name}`)
  })
}

async function withClient(
  connection: EmbeddedConnection,
  use: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    ...poolOptions(connection, 'darkroom launcher'),
    connectionTimeoutMillis: connectTimeoutMs,
  })
  // A client without this listener ends the process when its connection breaks; the query or connect rejects too.
  client.on('error', () => {})
  try {
    await client.connect()
    await use(client)
  } finally {
    await client.end().catch(() => {})
  }
}

import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Keys, MadeKey } from '../access/keys.ts'
import { createKeys } from '../access/keys.ts'
import { createServerSecret, SecretError } from '../access/server-secret.ts'
import type { Config } from '../config.ts'
import { DatabaseStartError } from '../database/embedded-postgres.ts'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import { publicKey } from '../gateway/routes/keys.ts'
import { defaultGraceMs, parseKeyBody, rotateBodySchema } from '../request/key-body.ts'
import { parseWith } from '../request/query.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { createCommandLog, readConfig } from './read-config.ts'
import { withDatabase } from './with-database.ts'

/** Options of `darkroom keys create` as commander gives them. */
export interface KeysCreateOptions {
  admin: boolean
  signing: boolean
  project: string
  name?: string
  right: readonly string[]
  scope: readonly string[]
  expires?: string
  rate?: string
  json: boolean
}

/** `darkroom keys create`: works on the database itself, whether or not a server runs on it. */
export async function keysCreateCommand(options: KeysCreateOptions, io: CommandEnvironment): Promise<number> {
  return await withKeys(io, async (keys) => {
    const rights = options.admin ? ['read', 'generate', 'purge', 'scaling', 'admin'] : options.right
    const { expiresInMs, ...ask } = parseKeyBody({
      kind: options.signing ? 'signing' : 'api',
      project: options.project,
      name: options.name,
      rights: rights.length === 0 ? undefined : rights,
      scopes: options.scope.length === 0 ? undefined : options.scope,
      expires: options.expires,
      ratePerMinute: options.rate === undefined ? undefined : Number(options.rate),
    })
    const expiresAt = expiresInMs === undefined ? undefined : new Date(Date.now() + expiresInMs)
    showMade(await keys.create({ ...ask, expiresAt }, 'cli'), options, io)
  })
}

/** `darkroom keys list` */
export async function keysListCommand(
  options: { project?: string; json: boolean },
  io: CommandEnvironment,
): Promise<number> {
  return await withKeys(io, async (keys) => {
    const items = (await keys.list(options.project)).map((row) => publicKey(row, Date.now()))
    if (options.json) {
      io.stdout(`${JSON.stringify({ items })}\n`)
      return
    }
    for (const { id, state, kind, project, rights, scopes, name, expiresAt, lastUsedAt } of items) {
      const what = kind === 'signing' ? 'signing' : rights.join(',')
      const where = scopes === null ? project : `${project}/${scopes.join(',')}`
      const times = `expires ${expiresAt ?? 'never'}, last used ${lastUsedAt ?? 'never'}`
      io.stdout(`${id}  ${state.padEnd(7)}  ${what}  ${where}  ${name}  (${times})\n`)
    }
    if (items.length === 0) io.stdout('There are no keys; darkroom keys create makes one.\n')
  })
}

/** `darkroom keys revoke <id>` */
export async function keysRevokeCommand(
  { id, json }: { id: string; json: boolean },
  io: CommandEnvironment,
): Promise<number> {
  return await withKeys(io, async (keys) => {
    const row = await keys.revoke(id, 'cli')
    if (json) io.stdout(`${JSON.stringify(publicKey(row, Date.now()))}\n`)
    else io.stdout(`${row.id} (${row.name}) is revoked; running servers have been told\n`)
  })
}

/** `darkroom keys rotate <id>` */
export async function keysRotateCommand(
  options: { id: string; grace?: string; json: boolean },
  io: CommandEnvironment,
): Promise<number> {
  return await withKeys(io, async (keys) => {
    const { grace = defaultGraceMs } = parseWith(rotateBodySchema, { grace: options.grace })
    showMade(await keys.rotate(options.id, grace, 'cli'), options, io)
    const until = new Date(Date.now() + grace).toISOString()
    if (!options.json) io.stderr(`${options.id} goes on working until ${until}.\n`)
  })
}

function showMade({ row, token }: MadeKey, { json }: { json: boolean }, io: CommandEnvironment): void {
  if (json) {
    io.stdout(`${JSON.stringify({ key: publicKey(row, Date.now()), secret: token })}\n`)
    return
  }
  io.stderr(
    `Key ${row.id} (${row.name}) of project ${row.project}. It is shown this once, and stored nowhere:\n`,
  )
  io.stdout(`${token}\n`)
}

/** Runs a command on the keys, and turns what it throws into a message. */
async function withKeys(io: CommandEnvironment, run: (keys: Keys) => Promise<void>): Promise<number> {
  const config = await readConfig(io)
  if (config === undefined) return exitCodes.failed
  const log = createCommandLog(io)
  try {
    await withDatabase(config, log, (database) => run(keysOf(config, database)))
    return exitCodes.done
  } catch (error) {
    if (error instanceof DarkroomError) {
      io.stderr(`${error.message}\n`)
      return exitCodes.usage
    }
    const isKnown = error instanceof SecretError || error instanceof DatabaseStartError
    io.stderr(`${isKnown ? error.message : `The keys cannot be reached: ${String(error)}`}\n`)
    return exitCodes.failed
  }
}

/** Keys on a database without a server: who else runs on it is told by NOTIFY. */
export function keysOf(config: Pick<Config, 'access' | 'dataDir'>, database: Kysely<Schema>): Keys {
  const secret = createServerSecret({
    fromEnvironment: config.access.secret,
    dataDir: config.dataDir,
    database,
  })
  return createKeys({
    database,
    secret: () => secret.readOrCreate(),
    now: Date.now,
    changed: async () => {
      await sql`select pg_notify('darkroom_access', 'changed')`.execute(database)
    },
  })
}

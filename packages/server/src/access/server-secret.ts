import type { Kysely } from 'kysely'
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Schema } from '../database/schema.ts'
import { makeFolder } from '../folder.ts'

/** Thrown when the secret cannot be used; the message says what to do, and never has the secret in it. */
export class SecretError extends Error {
  override readonly name = 'SecretError'
}

interface SecretSource {
  /** `DARKROOM_SECRET`. */
  readonly fromEnvironment: string | undefined
  /** Where the secret lies when the environment has none. */
  readonly dataDir: string
}

const fileName = 'secret.key'

/**
 * The server's secret, from the environment or from a file in the data folder; `undefined` where neither is.
 * @throws SecretError when the file is damaged
 */
async function readServerSecret(source: SecretSource): Promise<Uint8Array | undefined> {
  if (source.fromEnvironment !== undefined) return keyFrom(source.fromEnvironment)
  const path = join(source.dataDir, fileName)
  let text: string
  try {
    text = (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  if (/^[A-Za-z0-9_-]{43}$/u.test(text)) return keyFrom(text)
  throw new SecretError(`${path} is damaged. Restore it from a backup, or remove it and make new keys.`)
}

/** As `readServerSecret`, and makes the file where there is none. Two processes that make it at once agree. */
async function readOrCreateServerSecret(source: SecretSource): Promise<Uint8Array> {
  const found = await readServerSecret(source)
  if (found !== undefined) return found
  const path = join(source.dataDir, fileName)
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(`${randomBytes(32).toString('base64url')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  // A link is made only where there is no such name: who comes second reads the first one's.
  await link(temporary, path).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  })
  await rm(temporary, { force: true })
  const made = await readServerSecret(source)
  if (made === undefined) throw new SecretError(`${path} could not be written.`)
  return made
}

/** One key for access alone: the text that people handle is not used for anything directly. */
function keyFrom(text: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', text, '', 'darkroom access', 32))
}

/**
 * Proves that this secret is the one that the keys in the database were made with. The first secret is noted by a
 * MAC of a fixed text, which says nothing about it.
 * @throws SecretError
 */
async function checkServerSecret(database: Kysely<Schema>, secret: Uint8Array): Promise<void> {
  const name = 'access_secret_check'
  const value = createHmac('sha256', secret).update('darkroom access check').digest('base64url')
  await database
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const row = await database
    .selectFrom('settings')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  const known = Buffer.from(row.value)
  const own = Buffer.from(value)
  if (known.byteLength === own.byteLength && timingSafeEqual(known, own)) return
  throw new SecretError(
    'This secret is not the one that the keys in the database were made with. Every process of a deployment needs the same: set DARKROOM_SECRET to it, or copy secret.key from the data folder where the keys were made.',
  )
}

/** The server's secret. Whoever gets it has it proved against the database. */
export interface ServerSecret {
  /** `undefined`: there is none yet. @throws SecretError */
  read(): Promise<Uint8Array | undefined>
  /** Makes it where there is none. @throws SecretError */
  readOrCreate(): Promise<Uint8Array>
}

export function createServerSecret(options: SecretSource & { database: Kysely<Schema> }): ServerSecret {
  const { database } = options
  return {
    read: async () => {
      const secret = await readServerSecret(options)
      if (secret !== undefined) await checkServerSecret(database, secret)
      return secret
    },
    readOrCreate: async () => {
      await makeFolder(options.dataDir)
      const secret = await readOrCreateServerSecret(options)
      await checkServerSecret(database, secret)
      return secret
    },
  }
}

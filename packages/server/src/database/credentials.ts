import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseStartError } from './database-start-error.ts'

/** Secrets and the name of one embedded database, made with it and kept beside it. */
export interface Credentials {
  /** In the command line and the process titles of every server process, by which they are recognised. */
  readonly clusterName: string
  /** Password of the role `darkroom`, which owns the database and is no superuser. */
  readonly password: string
  /** Password of the role `postgres`, used once, to make the other. */
  readonly superuserPassword: string
}

/**
 * Reads the credentials, or makes them where there are none. They are on the disk before the cluster that they open.
 * @throws DatabaseStartError `START_FAILED` when the file is damaged, or is gone while the cluster is there
 */
export async function readOrCreateCredentials(dataDir: string, clusterExists: boolean): Promise<Credentials> {
  const path = join(dataDir, 'credentials.json')
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (text !== undefined) return parse(text, path)
  if (clusterExists) {
    throw new DatabaseStartError(
      'START_FAILED',
      `${path} is missing, and without it the database beside it cannot be opened. Restore it from a backup.`,
    )
  }
  const credentials: Credentials = {
    clusterName: `darkroom-${randomBytes(8).toString('hex')}`,
    password: randomBytes(24).toString('base64url'),
    superuserPassword: randomBytes(24).toString('base64url'),
  }
  await writeDurably(dataDir, path, JSON.stringify(credentials))
  return credentials
}

/** Makes a rename in `directory` survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeDurably(directory: string, path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
  await syncDirectory(directory)
}

function parse(text: string, path: string): Credentials {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) {
      const { clusterName, password, superuserPassword } = value as Record<string, unknown>
      if (
        typeof clusterName === 'string' &&
        typeof password === 'string' &&
        typeof superuserPassword === 'string'
      ) {
        return { clusterName, password, superuserPassword }
      }
    }
  } catch {
    // Told below.
  }
  throw new DatabaseStartError('START_FAILED', `${path} is damaged. Restore it from a backup.`)
}

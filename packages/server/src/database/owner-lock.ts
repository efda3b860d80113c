import { readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DatabaseStartError } from './database-start-error.ts'

/** Held by the one process that owns a data folder. */
export interface OwnerLock {
  release(): Promise<void>
}

/** SQLite's primary result code for a lock that somebody else holds. */
const sqliteBusy = 5

/**
 * Takes the data folder for this process.
 *
 * The lock is a kernel lock (fcntl) on `owner.lock`, reached through Node's built-in SQLite because Node has no
 * other way to one. The kernel drops it when the process ends, however it ends: it cannot go stale, it is not
 * fooled by a process id that was given to somebody else, and it holds between containers that share a folder. A
 * second taker in the same process is refused too (SQLite keeps its own books on top of fcntl).
 *
 * Never open `owner.lock` by other means in this process: closing any descriptor of a file drops all of the
 * process's fcntl locks on it. Who holds it is therefore told by a second file, `owner.json`.
 * @throws DatabaseStartError `DATA_IN_USE`
 */
export async function takeOwnerLock(dataDir: string): Promise<OwnerLock> {
  const ownerFile = join(dataDir, 'owner.json')
  const lockFile = join(dataDir, 'owner.lock')
  // Closed to other users, who could otherwise lock it; exclusive, so that no existing file is opened and closed.
  await writeFile(lockFile, '', { flag: 'wx', mode: 0o600 }).catch(() => {})
  const database = new DatabaseSync(lockFile, { timeout: 0 })
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    if (!isBusy(error)) throw error
    const owner = await readFile(ownerFile, 'utf8').catch(() => '')
    throw new DatabaseStartError(
      'DATA_IN_USE',
      `The data folder ${dataDir} is in use by another Darkroom (${describeOwner(owner)}). ` +
        'Stop that one first, or set DARKROOM_DATA to another folder.',
    )
  }
  await writeFile(ownerFile, JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 })
  return {
    release: async () => {
      if (!database.isOpen) return
      // First the name, then the lock: the other way round could remove the next owner's name.
      await rm(ownerFile, { force: true })
      database.close()
    },
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy
}

function describeOwner(text: string): string {
  try {
    const owner: unknown = JSON.parse(text)
    if (typeof owner === 'object' && owner !== null && 'pid' in owner && 'host' in owner) {
      return `process ${String(owner.pid)} on ${String(owner.host)}`
    }
  } catch {
    // The owner is just writing it.
  }
  return 'which is just starting'
}

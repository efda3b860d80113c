import { randomBytes } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { chown, mkdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Account } from './account.ts'
import { canReach } from './account.ts'
import { DatabaseStartError } from './database-start-error.ts'

/** Part of the socket's file name, `.s.PGSQL.5432`. The folder is private, so no other server can be in the way. */
export const socketPort = 5432

/** The kernel's limit on a socket's path in bytes, less its final zero (unix(7); 104 on macOS). */
const maxSocketPathBytes = process.platform === 'darwin' ? 103 : 107

const prefix = 'darkroom-db-'
const linkName = 'run'

/**
 * Makes the private folder (0700) of the socket in a temporary folder, whose path is short however long the data
 * folder's is. A symbolic link `run` in the data folder leads there, by which the next start finds and removes it.
 * @throws DatabaseStartError `PATH_TOO_LONG`
 */
export async function createRuntimeFolder(dataDir: string, account: Account | undefined): Promise<string> {
  const parent = [tmpdir(), '/tmp', '/var/tmp'].find((path) => isUsable(path, account))
  if (parent === undefined) {
    throw new DatabaseStartError(
      'PATH_TOO_LONG',
      `There is no place for the database's socket: its path may have ${maxSocketPathBytes} bytes, and neither ` +
        `${tmpdir()} nor /tmp is short, plain and open to the database's user. Set TMPDIR to such a folder.`,
    )
  }
  const folder = join(parent, `${prefix}${randomBytes(4).toString('hex')}`)
  // First the link, then the folder: a start that is killed between them leaves nothing that cannot be found.
  const temporary = join(dataDir, `${linkName}.${process.pid}`)
  await rm(temporary, { force: true })
  await symlink(folder, temporary)
  await rename(temporary, join(dataDir, linkName))
  await mkdir(folder, { mode: 0o700 })
  if (account !== undefined) await chown(folder, account.uid, account.gid)
  return folder
}

/** Removes the folder that an earlier start made, with the socket and its lock in it. */
export async function removeRuntimeFolder(dataDir: string): Promise<void> {
  const link = join(dataDir, linkName)
  const folder = await readlink(link).catch(() => undefined)
  if (folder === undefined) return
  const found = lstatSync(folder, { throwIfNoEntry: false })
  // Only what we can have made: never follow a link that somebody bent to another place.
  if (found?.isDirectory() && basename(folder).startsWith(prefix) && (found.mode & 0o077) === 0) {
    await rm(folder, { recursive: true, force: true })
  }
  await rm(link, { force: true })
}

function isUsable(path: string, account: Account | undefined): boolean {
  const socketPathBytes = Buffer.byteLength(
    join(path, `${prefix}${'x'.repeat(8)}`, `.s.PGSQL.${socketPort}.lock`),
  )
  if (socketPathBytes > maxSocketPathBytes) return false
  // PostgreSQL reads its socket folders as a list: commas and quotes would split it.
  if (!/^[\w./-]+$/.test(path)) return false
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false
  return account === undefined || canReach(path, account)
}

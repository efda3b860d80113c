import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { syncDirectory } from './credentials.ts'
import { DatabaseStartError } from './database-start-error.ts'
import type { Program } from './program-files.ts'

/** Where a cluster lies in the data folder. */
export const clusterFolderName = 'cluster'

const unfinishedPrefix = `${clusterFolderName}.new-`

export interface InitOptions {
  readonly program: Program
  readonly dataDir: string
  /** A folder in which the account can read the file with the password. */
  readonly runtimeDir: string
  readonly account: Account | undefined
  /** Whether the account may pass the folders above the cluster. */
  readonly reachable: boolean
  readonly superuserPassword: string
  readonly signal: AbortSignal | undefined
}

/**
 * Makes a new cluster. It is made under another name and renamed when it is complete and synced, so that a start
 * that was killed half way leaves nothing that looks like a database.
 * @throws DatabaseStartError `INIT_FAILED`
 */
export async function initialiseCluster(options: InitOptions): Promise<void> {
  const { dataDir, runtimeDir, account } = options
  await removeUnfinishedClusters(dataDir)
  const unfinished = join(dataDir, `${unfinishedPrefix}${randomBytes(6).toString('hex')}`)
  const passwordFile = join(runtimeDir, 'password')
  await mkdir(unfinished, { mode: 0o700 })
  await writeFile(passwordFile, options.superuserPassword, { mode: 0o600 })
  try {
    if (account !== undefined) {
      await chown(unfinished, account.uid, account.gid)
      await chown(passwordFile, account.uid, account.gid)
    }
    await runInitdb(options, unfinished, passwordFile)
    await rename(unfinished, join(dataDir, clusterFolderName))
    await syncDirectory(dataDir)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  } finally {
    await rm(passwordFile, { force: true })
  }
}

/** Removes what starts that were killed in the middle of `initdb` left behind. */
async function removeUnfinishedClusters(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(unfinishedPrefix)) continue
    // An initdb whose owner was killed a moment ago goes on writing until it finds its folder gone.
    await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }
}

/**
 * How PostgreSQL is told its folder. An account that may not pass the folders above it (root's home is 0700) still
 * works in the folder it was started in: root enters it, then becomes that account. `/proc/self/cwd` is that folder
 * for every process of the server, since all of them stay in it.
 */
export function clusterPathFor(clusterDir: string, reachable: boolean): string {
  return reachable ? clusterDir : '/proc/self/cwd'
}

/**
 * Environment of PostgreSQL's programs: nothing of ours, so that no `PG…` variable of the operator's shell changes
 * what they do. `TZ` spares initdb its search for the system's time zone.
 */
export function programEnvironment(program: Program): Record<string, string> {
  return { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin', ...program.environment }
}

async function runInitdb(options: InitOptions, directory: string, passwordFile: string): Promise<void> {
  const path = clusterPathFor(directory, options.reachable)
  const flags = [
    `--pgdata=${path}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // PostgreSQL's own collation: it is there on every system, and no update of the C library can change the order
    // under an index.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    // 4 MB instead of 16 MB a segment: an idle database takes less disk.
    '--wal-segsize=4',
    '--no-instructions',
  ]
  // A session of its own: Ctrl-C reaches the whole group, and the abort below ends it in order.
  const child = spawn(options.program.initdb, flags, {
    cwd: directory,
    env: programEnvironment(options.program),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options.account,
  })
  const output: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text))
  const abort = (): void => void child.kill('SIGTERM')
  options.signal?.addEventListener('abort', abort, { once: true })
  if (options.signal?.aborted === true) abort()
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    options.signal?.throwIfAborted()
    if (exitCode !== 0) throw initFailed(output.join('').trim().slice(-2000))
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw initFailed(error.message, error)
    throw error
  } finally {
    options.signal?.removeEventListener('abort', abort)
  }
}

function initFailed(reason: string, cause?: unknown): DatabaseStartError {
  // Containers that run under an arbitrary number.
  const advice = reason.includes('could not look up effective user')
    ? '\nGive this user id a line in /etc/passwd, run under another, or set DATABASE_URL.'
    : ''
  return new DatabaseStartError(
    'INIT_FAILED',
    `The embedded database could not be created: ${reason}${advice}`,
    cause,
  )
}

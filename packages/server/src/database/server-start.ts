import type { ChildProcess } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { canReach, chooseAccount } from './account.ts'
import type { DatabaseLog } from './connection.ts'
import type { Credentials } from './credentials.ts'
import { DatabaseStartError } from './database-start-error.ts'
import { clusterFolderName, initialiseCluster } from './initdb.ts'
import type { PlatformPackage } from './platform-package.ts'
import { spawnPostmaster, waitUntilReady } from './postmaster.ts'
import { postmasterPidFile, readPostmasterPid } from './postmaster-pid.ts'
import { isPidTaken } from './process-table.ts'
import type { Program } from './program-files.ts'
import { prepareProgram } from './program-files.ts'
import { connectionOf, connectOrProvision } from './provision.ts'
import { createRuntimeFolder, removeRuntimeFolder, socketPort } from './runtime-folder.ts'
import { endOrphans, isPostmaster, stopPostmaster, waitForExit } from './server-processes.ts'

/** A server that accepts connections. */
export interface RunningServer {
  readonly pid: number
  readonly socketDir: string
  readonly port: number
  /** Started by this process; an adopted server is somebody else's child. */
  readonly child: ChildProcess | undefined
}

export interface ServerContext {
  readonly source: PlatformPackage
  /** Absolute, without symbolic links, and owned by this process (`owner-lock.ts`). */
  readonly dataDir: string
  readonly credentials: Credentials
  readonly maxConnections: number
  /** Where programs that the account cannot reach are copied to. */
  readonly copyDirs: readonly string[] | undefined
  readonly log: DatabaseLog
  readonly signal: AbortSignal | undefined
}

/** Path of the cluster in a data folder. */
export function clusterDirOf(dataDir: string): string {
  return join(dataDir, clusterFolderName)
}

/**
 * Takes over the server that an owner left running when it was killed.
 * @returns `undefined` when there is none, or none that can be used; then nothing of it runs any more
 */
export async function adoptServer(context: ServerContext): Promise<RunningServer | undefined> {
  const { credentials, dataDir, log } = context
  const clusterDir = clusterDirOf(dataDir)
  const left = await readPostmasterPid(clusterDir)
  if (left === undefined || !(await isPostmaster(left.pid, credentials.clusterName))) return undefined
  const { pid, port, socketDir } = left
  // Its owner was killed while stopping it.
  if (left.status === 'stopping' && (await waitForExit(pid, credentials.clusterName, 15_000)))
    return undefined
  try {
    const hasExited = async (): Promise<boolean> => !(await isPostmaster(pid, credentials.clusterName))
    await waitUntilReady({ pid, hasExited }, { clusterDir, dataDir, signal: context.signal })
    await connectOrProvision(connectionOf(socketDir, port, credentials), credentials)
    log.info({ pid }, 'took over the database that was left running')
    return { pid, port, socketDir, child: undefined }
  } catch (error) {
    context.signal?.throwIfAborted()
    log.warn(
      { reason: String(error), pid },
      'the database that was left running cannot be used; starting it anew',
    )
    await stopPostmaster(pid, credentials.clusterName)
    return undefined
  }
}

/**
 * Starts a server, after making the cluster where there is none and clearing up after one that was killed.
 * @param socketDir the folder of an earlier run of this owner, whose clients know it; a new one when not given
 * @throws DatabaseStartError
 */
export async function startServer(context: ServerContext, socketDir?: string): Promise<RunningServer> {
  const { dataDir } = context
  await checkVersion(clusterDirOf(dataDir), context.source)
  const account = chooseAccount(clusterDirOf(dataDir))
  const reachable = isReachable(dataDir, account)
  await clearRemains(clusterDirOf(dataDir), context.credentials)
  if (socketDir === undefined) await removeRuntimeFolder(dataDir)
  try {
    const program = await prepareProgram(context.source, { dataDir, account, copyDirs: context.copyDirs })
    context.signal?.throwIfAborted()
    const folder = socketDir ?? (await createRuntimeFolder(dataDir, account))
    return await startIn(folder, { ...context, program, account, reachable })
  } catch (error) {
    if (socketDir === undefined) await removeRuntimeFolder(dataDir)
    context.signal?.throwIfAborted()
    throw account !== undefined && isNotPermitted(error) ? powerlessRoot(account, error) : error
  }
}

async function startIn(
  socketDir: string,
  context: ServerContext & { program: Program; account: Account | undefined; reachable: boolean },
): Promise<RunningServer> {
  const { credentials, dataDir, signal } = context
  const clusterDir = clusterDirOf(dataDir)
  if (!existsSync(clusterDir)) {
    context.log.info({ dataDir }, 'creating the database')
    await initialiseCluster({
      ...context,
      runtimeDir: socketDir,
      superuserPassword: credentials.superuserPassword,
    })
  }
  signal?.throwIfAborted()
  const child = await spawnPostmaster({
    ...context,
    clusterDir,
    socketDir,
    clusterName: credentials.clusterName,
  })
  const pid = child.pid ?? 0
  try {
    const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null
    await waitUntilReady({ pid, hasExited }, { clusterDir, dataDir, signal })
    await connectOrProvision(connectionOf(socketDir, socketPort, credentials), credentials)
    return { pid, port: socketPort, socketDir, child }
  } catch (error) {
    await stopPostmaster(pid, credentials.clusterName)
    throw error
  }
}

/** @throws DatabaseStartError `ROOT_UNREACHABLE` where the cluster cannot be worked on from its own folder either */
function isReachable(dataDir: string, account: Account | undefined): boolean {
  if (account === undefined || canReach(dataDir, account, 0o1)) return true
  if (process.platform === 'linux') return false
  throw new DatabaseStartError(
    'ROOT_UNREACHABLE',
    `PostgreSQL does not run as root, and user id ${account.uid} cannot pass the folders above ${dataDir}. ` +
      'Set DARKROOM_DATA to a folder below open ones, start Darkroom as a normal user, or set DATABASE_URL.',
  )
}

function isNotPermitted(error: unknown): boolean {
  return (
    error instanceof Error && (('code' in error && error.code === 'EPERM') || isNotPermitted(error.cause))
  )
}

/** A container's root from which the capabilities were taken. */
function powerlessRoot(account: Account, cause: unknown): DatabaseStartError {
  return new DatabaseStartError(
    'ROOT_UNREACHABLE',
    `PostgreSQL does not run as root, and this root may not run it as user id ${account.uid} (the capabilities CHOWN, ` +
      'SETUID, SETGID and KILL are needed). Start Darkroom as a normal user, or set DATABASE_URL.',
    cause,
  )
}

/** @throws DatabaseStartError `VERSION_MISMATCH` */
async function checkVersion(clusterDir: string, source: PlatformPackage): Promise<void> {
  const found = (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8').catch(() => undefined))?.trim()
  if (found === undefined || found === source.majorVersion) return
  throw new DatabaseStartError(
    'VERSION_MISMATCH',
    `The database in ${clusterDir} was made by PostgreSQL ${found}, and this Darkroom brings ${source.majorVersion}, ` +
      'which cannot read it. Start the Darkroom that made it and export, then import into a new data folder.',
  )
}

/**
 * Clears up after a server that was killed. Its lock file stays where it does no harm: PostgreSQL checks by it that no
 * session of the dead server still has the shared memory. It must go where its number is taken again (by a stranger,
 * or by a zombie that nobody buries), which PostgreSQL takes for a running server, and where a power cut left it empty.
 */
async function clearRemains(clusterDir: string, credentials: Credentials): Promise<void> {
  const path = join(clusterDir, postmasterPidFile)
  if (!existsSync(path)) return
  await endOrphans(credentials.clusterName)
  const left = await readPostmasterPid(clusterDir)
  if (left === undefined || isPidTaken(left.pid)) await rm(path, { force: true })
}

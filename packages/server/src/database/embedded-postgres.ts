import { existsSync } from 'node:fs'
import { mkdir, realpath } from 'node:fs/promises'
import type { DatabaseLog, EmbeddedConnection } from './connection.ts'
import { readOrCreateCredentials } from './credentials.ts'
import { takeOwnerLock } from './owner-lock.ts'
import { findPlatformPackage, readPlatformPackage } from './platform-package.ts'
import { connectionOf } from './provision.ts'
import { removeRuntimeFolder } from './runtime-folder.ts'
import { proportionalBytes } from './server-memory.ts'
import { findServerProcesses, stopPostmaster } from './server-processes.ts'
import type { RunningServer, ServerContext } from './server-start.ts'
import { adoptServer, clusterDirOf, startServer } from './server-start.ts'
import { superviseServer } from './supervision.ts'

export type { DatabaseStartErrorCode } from './database-start-error.ts'
export { DatabaseStartError } from './database-start-error.ts'
export { embeddedPostgresSupport } from './platform-package.ts'

/** A PostgreSQL of our own, owned by this process. */
export interface EmbeddedPostgres {
  /** Stays the same for as long as this process owns the server, restarts of the server included. */
  readonly connection: EmbeddedConnection
  /** Whether a server that an earlier, killed owner had left running was taken over. */
  readonly adopted: boolean
  /** From the call to a server that has accepted a login. */
  readonly startedInMs: number
  /** Process id of the server at present. */
  readonly pid: number
  /** Proportional set size of all the server's processes; `undefined` where the system does not tell. */
  memoryBytes(): Promise<number | undefined>
  /** Shuts the server down, at the latest by force, and gives the data folder free. Idempotent. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** A folder for the database alone; made when it is missing. */
  readonly dataDir: string
  readonly log?: DatabaseLog
  readonly maxConnections?: number
  /** Gives up a start that is not done. */
  readonly signal?: AbortSignal
  /** Folder of a PostgreSQL package, instead of the one npm installed for this platform. */
  readonly packageDir?: string
  /** Where programs that the database's user cannot reach may be copied to, instead of the system's places. */
  readonly copyDirs?: readonly string[]
}

const silent: DatabaseLog = { info: () => {}, warn: () => {}, error: () => {} }

/**
 * Starts the embedded PostgreSQL on a data folder, or takes over the one that a killed owner left running there: the
 * server outlives a `kill -9` of its owner on purpose, so that the next start is quick and loses nothing.
 * @throws DatabaseStartError
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const startedAt = performance.now()
  const { log = silent, maxConnections = 50, signal, packageDir } = options
  const source = packageDir === undefined ? findPlatformPackage() : readPlatformPackage(packageDir)
  // As root the database's user must pass this folder; each file in it is closed by its own mode.
  await mkdir(options.dataDir, { recursive: true, mode: process.geteuid?.() === 0 ? 0o711 : 0o700 })
  const dataDir = await realpath(options.dataDir)
  const lock = await takeOwnerLock(dataDir)
  try {
    const credentials = await readOrCreateCredentials(dataDir, existsSync(clusterDirOf(dataDir)))
    const context = { source, dataDir, credentials, maxConnections, copyDirs: options.copyDirs, log, signal }
    const server = await adoptOrStart(context)
    const adopted = server.child === undefined
    const startedInMs = performance.now() - startedAt
    log.info({ pid: server.pid, adopted, startedInMs }, 'the embedded database is ready')
    return ownServer(context, server, { adopted, startedInMs, release: lock.release })
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function adoptOrStart(context: ServerContext): Promise<RunningServer> {
  for (let attempt = 1; ; attempt += 1) {
    const adopted = await adoptServer(context)
    if (adopted !== undefined) return adopted
    try {
      return await startServer(context)
    } catch (error) {
      // An owner was killed in the moment between running its server and the server's lock file: the two servers met
      // at that file, and the other one is there now.
      const others = await findServerProcesses(context.credentials.clusterName)
      if (attempt === 3 || others.length === 0) throw error
    }
  }
}

function ownServer(
  context: ServerContext,
  first: RunningServer,
  facts: { adopted: boolean; startedInMs: number; release: () => Promise<void> },
): EmbeddedPostgres {
  const { clusterName } = context.credentials
  const stopping = new AbortController()
  let server = first
  const supervised = superviseServer({
    server,
    clusterName,
    log: context.log,
    signal: stopping.signal,
    restart: () => startServer({ ...context, signal: stopping.signal }, first.socketDir),
    restarted: (next) => {
      server = next
    },
  })
  async function stop(): Promise<void> {
    stopping.abort()
    await supervised
    await stopPostmaster(server.pid, clusterName)
    await removeRuntimeFolder(context.dataDir)
    await facts.release()
  }
  let stopped: Promise<void> | undefined
  return {
    connection: connectionOf(first.socketDir, first.port, context.credentials),
    adopted: facts.adopted,
    startedInMs: facts.startedInMs,
    get pid() {
      return server.pid
    },
    memoryBytes: async () => proportionalBytes(await findServerProcesses(clusterName)),
    stop: () => (stopped ??= stop()),
  }
}

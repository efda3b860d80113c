import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'
import { DatabaseStartError } from './database-start-error.ts'
import { clusterPathFor, programEnvironment } from './initdb.ts'
import { readPostmasterPid } from './postmaster-pid.ts'
import type { Program } from './program-files.ts'
import { socketPort } from './runtime-folder.ts'

/** A log above this size becomes `server.log.1` at the next start. */
const maxLogBytes = 5 * 1024 * 1024

const pollMs = 5

/** Recovery replays at most `max_wal_size` of log, seconds; past this the disk is beyond hope. */
const startTimeoutMs = 120_000

export interface PostmasterOptions {
  readonly program: Program
  readonly dataDir: string
  readonly clusterDir: string
  readonly socketDir: string
  /** Name in every process title, by which the server's processes are recognised. */
  readonly clusterName: string
  readonly account: Account | undefined
  /** Whether the account may pass the folders above the cluster. */
  readonly reachable: boolean
  readonly maxConnections: number
}

/**
 * What the server is told on its command line, so that a newer Darkroom's settings hold for an older cluster.
 * Durability is untouched (`fsync`, `synchronous_commit` and full pages are on); all else is about being small.
 */
export function postmasterSettings(options: PostmasterOptions): Record<string, string | number> {
  return {
    cluster_name: options.clusterName,
    listen_addresses: '',
    unix_socket_directories: options.socketDir,
    unix_socket_permissions: '0700',
    port: socketPort,
    max_connections: options.maxConnections,
    superuser_reserved_connections: 2,
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    // No replicas are fed from here, and without them the log carries less and three processes fewer run.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_logical_replication_workers: 0,
    min_wal_size: '32MB',
    max_wal_size: '128MB',
    shared_buffers: '16MB',
    wal_buffers: '1MB',
    io_method: 'sync',
    jit: 'off',
    max_parallel_workers_per_gather: 0,
    autovacuum: 'on',
    autovacuum_max_workers: 1,
    // A client that was killed while its statement waited (for a lock, say) would otherwise keep waiting.
    client_connection_check_interval: '1s',
    // Errors of statements go to the client, who reports them; in this file they would carry users' prompts.
    log_min_messages: 'log',
    log_checkpoints: 'off',
    // Before it replays the log after a crash the server syncs its folder: one call here, a thousand otherwise.
    ...(process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {}),
    log_line_prefix: '%m [%p] ',
    logging_collector: 'off',
  }
}

/** Starts a server in a session of its own: Ctrl-C ends the whole group, and the drain still needs the database. */
export async function spawnPostmaster(options: PostmasterOptions): Promise<ChildProcess> {
  const log = await openLog(options.dataDir)
  try {
    const settings = Object.entries(postmasterSettings(options)).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    const child = spawn(
      options.program.postgres,
      ['-D', clusterPathFor(options.clusterDir, options.reachable), ...settings],
      {
        cwd: options.clusterDir,
        env: programEnvironment(options.program),
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        ...options.account,
      },
    )
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    }).catch((error: unknown) => {
      throw new DatabaseStartError('START_FAILED', `PostgreSQL could not be run: ${String(error)}`, error)
    })
    child.unref()
    return child
  } finally {
    await log.close()
  }
}

/**
 * Waits until the server says that it is ready; recovery after a crash included.
 * @throws DatabaseStartError `START_FAILED` with the end of the server's log
 */
export async function waitUntilReady(
  process: { pid: number; hasExited: () => boolean | Promise<boolean> },
  options: { clusterDir: string; dataDir: string; signal: AbortSignal | undefined },
): Promise<void> {
  const deadline = performance.now() + startTimeoutMs
  for (;;) {
    const state = await readPostmasterPid(options.clusterDir)
    if (state?.pid === process.pid && state.status === 'ready') return
    if ((await process.hasExited()) || performance.now() > deadline) throw await startFailed(options.dataDir)
    await sleep(pollMs, undefined, options.signal === undefined ? {} : { signal: options.signal })
  }
}

async function openLog(dataDir: string): Promise<Awaited<ReturnType<typeof open>>> {
  const path = join(dataDir, 'server.log')
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (size > maxLogBytes) await rename(path, `${path}.1`)
  return open(path, 'a', 0o600)
}

async function startFailed(dataDir: string): Promise<DatabaseStartError> {
  const path = join(dataDir, 'server.log')
  const text = await readFile(path, 'utf8').catch(() => '')
  const tail = text.trim().split('\n').slice(-12).join('\n')
  return new DatabaseStartError(
    'START_FAILED',
    `The embedded database did not start. The end of ${path}:\n${tail}`,
  )
}

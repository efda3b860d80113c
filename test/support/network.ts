import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, appendFile, chownSync, constants, mkdirSync, readFileSync, readlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { startEmbeddedPostgres } from '../../packages/server/src/database/embedded-postgres.ts'
import type { DatabaseFolder } from '../../packages/server/src/database/testing/owner-process.ts'
import { createDatabaseFolder } from '../../packages/server/src/database/testing/owner-process.ts'

const run = promisify(execFile)

/** Why no network can be made here; `undefined` where it can. */
export function networkMissing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'network namespaces need Linux and root'
  const missing = ['ip', 'setpriv'].filter((program) => !isOnPath(program))
  return missing.length === 0 ? undefined : `${missing.join(', ')} not found (iproute2, util-linux)`
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/**
 * A PostgreSQL in a network of its own and another network beside it, with one cable between the two. The server listens
 * on the cable and, for processes of this machine, on a Unix socket. Nothing of it can be reached from outside.
 */
export interface CutNetwork {
  /** For processes of this machine. */
  readonly localUrl: string
  /** For processes in the other network. */
  readonly remoteUrl: string
  /** What runs a program in the other network: its first arguments. */
  readonly inside: readonly string[]
  readonly folder: string
  cut(): Promise<void>
  mend(): Promise<void>
  close(): Promise<void>
}

const serverAddress = '10.213.77.1'
const clientAddress = '10.213.77.2'

export async function startCutNetwork(): Promise<CutNetwork> {
  const folder = await createDatabaseFolder()
  // Names of interfaces have 15 characters at most.
  const id = process.pid.toString(36)
  const [serverNet, clientNet] = [`drs${id}`, `drc${id}`]
  const close: (() => Promise<unknown>)[] = [() => folder.remove()]
  const closeAll = async (): Promise<void> => {
    for (const step of close.toReversed()) await step().catch(() => {})
  }
  try {
    for (const net of [serverNet, clientNet]) {
      await run('ip', ['netns', 'add', net])
      close.push(() => run('ip', ['netns', 'delete', net]))
      await run('ip', ['-n', net, 'link', 'set', 'lo', 'up'])
    }
    await run('ip', [
      '-n',
      serverNet,
      'link',
      'add',
      'cable',
      'type',
      'veth',
      'peer',
      'name',
      'cable',
      'netns',
      clientNet,
    ])
    for (const [net, address] of [
      [serverNet, serverAddress],
      [clientNet, clientAddress],
    ] as const) {
      await run('ip', ['-n', net, 'address', 'add', `${address}/30`, 'dev', 'cable'])
      await run('ip', ['-n', net, 'link', 'set', 'cable', 'up'])
    }
    const database = await startServerIn(serverNet, folder)
    close.push(database.stop)
    return {
      localUrl: database.urlOf(`host=${encodeURIComponent(database.socketDir)}`, ''),
      remoteUrl: database.urlOf('', serverAddress),
      inside: ['ip', 'netns', 'exec', clientNet],
      folder: folder.path,
      cut: async () => void (await run('ip', ['-n', clientNet, 'link', 'set', 'cable', 'down'])),
      mend: async () => void (await run('ip', ['-n', clientNet, 'link', 'set', 'cable', 'up'])),
      close: closeAll,
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

interface TcpServer {
  socketDir: string
  urlOf(query: string, host: string): string
  stop(): Promise<void>
}

/** The embedded PostgreSQL made by us, and run again so that it listens on the cable. */
async function startServerIn(net: string, folder: DatabaseFolder): Promise<TcpServer> {
  const dataDir = join(folder.path, 'postgres')
  const embedded = await startEmbeddedPostgres({ dataDir })
  const { user, password, database } = embedded.connection
  const program = readlinkSync(`/proc/${embedded.pid}/exe`)
  const owner = /^Uid:\s+(\d+)/mu.exec(readFileSync(`/proc/${embedded.pid}/status`, 'utf8'))?.[1] ?? '65534'
  const libraries = /LD_LIBRARY_PATH=([^\0]*)/u.exec(
    readFileSync(`/proc/${embedded.pid}/environ`, 'utf8'),
  )?.[1]
  await embedded.stop()
  const clusterDir = join(dataDir, 'cluster')
  await promisify(appendFile)(
    join(clusterDir, 'pg_hba.conf'),
    `\nhost all all ${clientAddress}/32 scram-sha-256\n`,
  )
  const socketDir = join(folder.path, 'socket')
  mkdirSync(socketDir)
  chownSync(socketDir, Number(owner), Number(owner))
  const settings = [
    `listen_addresses=${serverAddress}`,
    `unix_socket_directories=${socketDir}`,
    'port=5432',
    'max_connections=80',
  ].flatMap((setting) => ['-c', setting])
  const account = ['setpriv', `--reuid=${owner}`, `--regid=${owner}`, '--clear-groups']
  const child: ChildProcess = spawn(
    'ip',
    ['netns', 'exec', net, ...account, program, '-D', clusterDir, ...settings],
    {
      cwd: folder.path,
      env: { PATH: process.env['PATH'], ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }) },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const ready = Promise.withResolvers<void>()
  const printed: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => {
    printed.push(chunk.toString())
    if (printed.join('').includes('ready to accept connections')) ready.resolve()
  })
  child.once('exit', () => ready.reject(new Error(`PostgreSQL did not start:\n${printed.join('')}`)))
  await ready.promise
  return {
    socketDir,
    urlOf: (query, host) =>
      `postgres://${user}:${encodeURIComponent(password)}@${host}/${database}${query === '' ? '' : `?${query}`}`,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill('SIGQUIT')
      await exit
    },
  }
}

import { join } from 'node:path'
import type { EmbeddedPostgres } from '../../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../../packages/server/src/database/embedded-postgres.ts'
import type { DatabaseFolder } from '../../packages/server/src/database/testing/owner-process.ts'
import { createDatabaseFolder } from '../../packages/server/src/database/testing/owner-process.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { startServer } from '../support/server-process.ts'

/** Processes on one database and one folder of pictures, each of which can be killed and comes back. */
export interface Cluster {
  /** Addresses of those that answer requests and are up. */
  readonly urls: readonly string[]
  readonly size: number
  /** How many of them are up. */
  readonly upCount: number
  /** Of all processes that ever came up. */
  readonly startedPids: ReadonlySet<number>
  readonly databaseUrl: string
  readonly objectsDir: string
  /** kill -9 of one process, and its next start after `downMs`. @returns its number; `undefined` where it is down */
  killProcess(index: number, downMs: number): Promise<number | undefined>
  /** kill -9 of the database's postmaster; what supervises it starts it again. */
  killDatabase(): void
  /** Resolves when every process has said that it is ready. */
  allUp(): Promise<void>
  stop(): Promise<void>
}

export interface ClusterOptions {
  size: number
  environment: Record<string, string>
}

export async function startCluster({ size, environment }: ClusterOptions): Promise<Cluster> {
  const folder: DatabaseFolder = await createDatabaseFolder()
  const database = await startEmbeddedPostgres({
    dataDir: join(folder.path, 'postgres'),
    maxConnections: 100,
  })
  const databaseUrl = urlOf(database)
  const objectsDir = join(folder.path, 'objects')
  // Half of them gateways, half of them workers, where there are enough; else each is both.
  const roleOf = (index: number): 'all' | 'gateway' | 'worker' =>
    size < 4 ? 'all' : index % 2 === 0 ? 'gateway' : 'worker'
  const startedPids = new Set<number>()
  const start = async (index: number): Promise<ServerProcess> => {
    const server = await startServer({
      role: roleOf(index),
      dataDir: join(folder.path, 'unused'),
      environment: {
        DATABASE_URL: databaseUrl,
        DARKROOM_STORAGE: `file:${objectsDir}`,
        DARKROOM_DRAIN_S: '1',
        ...environment,
      },
    })
    startedPids.add(server.pid)
    return server
  }
  const up: (ServerProcess | undefined)[] = await Promise.all(
    Array.from({ length: size }, (_, index) => start(index)),
  )
  const returning = new Set<Promise<void>>()

  /** A start may meet the database while that is down, and is then tried again, as a supervisor would. */
  async function comeBack(index: number, downMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, downMs))
    for (let attempt = 1; up[index] === undefined; attempt += 1) {
      try {
        up[index] = await start(index)
      } catch (error) {
        if (attempt === 20) throw error
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
    }
  }

  return {
    get urls() {
      return up.flatMap((server, index) =>
        server === undefined || roleOf(index) === 'worker' ? [] : [server.url],
      )
    },
    size,
    get upCount() {
      return up.filter((server) => server !== undefined).length
    },
    startedPids,
    databaseUrl,
    objectsDir,
    killProcess: async (index, downMs) => {
      const server = up[index]
      if (server === undefined) return undefined
      up[index] = undefined
      await server.end('SIGKILL')
      const coming = comeBack(index, downMs)
      returning.add(coming)
      // A failure is not lost: `allUp` waits for the same promise.
      coming.then(
        () => returning.delete(coming),
        () => undefined,
      )
      return server.pid
    },
    killDatabase: () => {
      try {
        process.kill(database.pid, 'SIGKILL')
      } catch (error) {
        // Dead already, from the kill before; what supervises it has not started the next one yet.
        if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESRCH') throw error
      }
    },
    allUp: async () => {
      await Promise.all(returning)
    },
    stop: async () => {
      await Promise.allSettled(returning)
      await Promise.all(up.map(async (server) => await server?.end('SIGTERM')))
      await database.stop()
      await folder.remove()
    },
  }
}

/** As an operator would write it: a Unix socket in a URL (libpq's `host` parameter). */
function urlOf(database: EmbeddedPostgres): string {
  const { host, port, user, password, database: name } = database.connection
  const query = new URLSearchParams({ host, port: String(port) })
  return `postgres://${user}:${encodeURIComponent(password)}@/${name}?${query}`
}

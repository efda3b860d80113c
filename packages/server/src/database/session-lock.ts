import type pg from 'pg'
import type { ConnectionTarget, DatabaseLog } from './connection.ts'
import { serverKeepalive } from './connection.ts'
import { openDedicatedConnection } from './dedicated-connection.ts'

/**
 * Proof of life: an advisory lock held by a session of its own, which the server gives up the moment the process
 * dies, however it dies. Whoever finds the lock of a worker free knows that the worker is dead. Over a cut network
 * the server learns of a death from TCP, after about 9 s (see `serverKeepalive`).
 */
export interface SessionLock {
  /** The number that is locked. */
  readonly id: number
  /** Whether this process holds it at present. */
  readonly held: boolean
  /**
   * Whether nobody holds the lock of that number. It is not kept. That alone proves nobody's death (`liveness.ts`).
   * @throws Error while the database is away
   */
  isFree(id: number): Promise<boolean>
  /**
   * Tells that the session broke: another process may now take this one for dead. The lock is then taken again as
   * soon as possible, but what was claimed under it is no longer safe.
   * @returns stops it
   */
  onLost(listener: () => void): () => void
  /** Tells that it is held again after a loss. @returns stops it */
  onRestored(listener: () => void): () => void
  /** Gives the lock back. Idempotent. */
  close(): Promise<void>
}

export interface SessionLockOptions {
  readonly connection: ConnectionTarget
  readonly log: DatabaseLog
  /** Unique among all processes of the deployment. */
  readonly id: number
  /** Class of the lock; the default is that of workers. */
  readonly namespace?: number
  readonly applicationName?: string
}

/** `application_name` of the session of a process that works on nothing: no worker, though it holds such a lock. */
export const gatewayLockName = 'darkroom gateway lock'

/** Class of the workers' locks ("drw" in ASCII), apart from those of objects and pg-boss. */
export const workerLock = 0x647277

/** @throws Error when the number is held already, or when the database cannot be reached */
export async function createSessionLock(options: SessionLockOptions): Promise<SessionLock> {
  const { id, log, namespace = workerLock } = options
  const lost = new Set<() => void>()
  const restored = new Set<() => void>()
  let closing = false
  const tell = (listeners: ReadonlySet<() => void>): void => {
    for (const listener of listeners) {
      try {
        listener()
      } catch (error) {
        log.error({ err: error }, 'a listener to the session lock failed')
      }
    }
  }
  const connection = await openDedicatedConnection({
    connection: options.connection,
    applicationName: options.applicationName ?? 'darkroom session lock',
    log,
    heartbeatMs: 5000,
    prepare: async (client, first) => {
      await client.query(serverKeepalive)
      if (await tryLock(client, namespace, id)) return
      if (first) throw new Error(`The session lock ${id} is held by another process.`)
      await endHolder(client, namespace, id)
      throw new Error('the lost session still held its lock and was ended')
    },
    lost: () => tell(lost),
    restored: () => tell(restored),
  })
  return {
    id,
    get held() {
      // The server gives a lock back before the client hears that its session has ended.
      return !closing && connection.client !== undefined
    },
    isFree: async (other) => {
      if (other === id) return false
      const { client } = connection
      if (client === undefined) throw new Error('the database cannot be reached')
      // A statement is a transaction: taken and given back in one, and shared, so that it keeps no other who looks away.
      const { rows } = await client.query<{ free: boolean }>(
        'select pg_try_advisory_xact_lock_shared($1::int, $2::int) as free',
        [namespace, other],
      )
      return rows[0]?.free === true
    },
    onLost: (listener) => {
      lost.add(listener)
      return () => void lost.delete(listener)
    },
    onRestored: (listener) => {
      restored.add(listener)
      return () => void restored.delete(listener)
    },
    close: () => {
      closing = true
      return connection.close()
    },
  }
}

async function tryLock(client: pg.Client, namespace: number, id: number): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    'select pg_try_advisory_lock($1::int, $2::int) as held',
    [namespace, id],
  )
  return rows[0]?.held === true
}

/**
 * The number is ours alone, so whoever holds it is our own lost session, which the server still believes alive. Who only
 * looks holds it shared.
 */
async function endHolder(client: pg.Client, namespace: number, id: number): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid) from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
        and classid = $1::int and objid = $2::int and objsubid = 2 and granted and mode = 'ExclusiveLock'
        and pid <> pg_backend_pid()`,
    [namespace, id],
  )
}

import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { ProcessIdentity } from './process-identity.ts'
import { hasEnded, identityOf } from './process-identity.ts'
import type { Schema } from './schema.ts'
import type { SessionLock } from './session-lock.ts'
import { workerLock } from './session-lock.ts'

/**
 * Tells which workers are dead, and takes none that lives for dead because the database restarted. Each part that looks
 * has its own.
 */
export interface Liveness {
  /**
   * Those of them that are dead.
   * @throws Error while the database is away
   */
  dead(workerIds: readonly number[]): Promise<number[]>
  /**
   * Whether a worker of this machine that lived when it was asked about has ended since; told once. Costs the database
   * nothing.
   */
  hasLocalDeath(): Promise<boolean>
  close(): void
}

export interface LivenessOptions {
  readonly database: Kysely<Schema>
  readonly lock: Pick<SessionLock, 'onLost' | 'onRestored'>
  /** Class of the locks; the default is that of workers. */
  readonly namespace?: number
  /** Milliseconds that only rise. */
  readonly clock?: () => number
}

/**
 * After a restart of the database all session locks are gone, and whoever lives takes its own again, which it tries at
 * least four times a second. For this long nobody on another machine is called dead; neither when this process has
 * lost its own session, since what cut it off may have cut off all others.
 */
const reunionMs = 2000

/** A worker elsewhere is dead when its lock is found free twice, this far apart: its session alone may have broken. */
const againMs = 250

/** A process of this machine that lives and does not come back to a database that is there for so long is not going to. */
const aliveWithoutLockMs = 10_000

/** Who was not asked about for this long is forgotten. */
const forgetMs = 300_000

interface Suspect {
  sinceMs: number
  askedMs: number
}

interface Found {
  id: number
  free: boolean
  machine: string | null
  pid: number | null
  process_start: string | null
  epoch_ms: number | null
}

/**
 * A held session lock is proof of life. A free one proves death only with something else: on this machine that the
 * process is not there, elsewhere time (see the constants above).
 */
export function createLiveness(options: LivenessOptions): Liveness {
  const { database, lock, namespace = workerLock, clock = () => performance.now() } = options
  const own = identityOf()
  const suspects = new Map<number, Suspect>()
  let neighbours: readonly ProcessIdentity[] = []
  let cutOffUntilMs = Number.NEGATIVE_INFINITY
  const noteCut = (): void => {
    cutOffUntilMs = clock() + reunionMs
  }
  const forgetLoss = lock.onLost(noteCut)
  // Should it fail, the next look does it.
  const begin = (): void => void beginEpoch(database).catch(() => {})
  const forgetReturn = lock.onRestored(() => {
    noteCut()
    begin()
  })
  begin()

  async function isDead(found: Found): Promise<boolean> {
    const now = clock()
    if (!found.free) {
      suspects.delete(found.id)
      return false
    }
    const suspect = suspects.get(found.id) ?? { sinceMs: now, askedMs: now }
    suspect.askedMs = now
    suspects.set(found.id, suspect)
    const freeMs = now - suspect.sinceMs
    const identity = recordedIdentity(found)
    const epochMs = found.epoch_ms ?? 0
    if (identity !== undefined && identity.machine === (await own)?.machine) {
      return (await hasEnded(identity)) || (freeMs >= aliveWithoutLockMs && epochMs >= aliveWithoutLockMs)
    }
    return freeMs >= againMs && now >= cutOffUntilMs && epochMs >= reunionMs
  }

  return {
    dead: async (workerIds) => {
      neighbours = []
      if (workerIds.length === 0) return []
      const rows = await look(database, namespace, workerIds)
      if (rows.some(({ epoch_ms: epochMs }) => epochMs === null)) await beginEpoch(database)
      for (const [id, { askedMs }] of suspects) if (askedMs < clock() - forgetMs) suspects.delete(id)
      const verdicts = await Promise.all(rows.map(async (row) => ((await isDead(row)) ? [row.id] : [])))
      const dead = new Set(verdicts.flat())
      const { machine } = (await own) ?? {}
      neighbours = rows.flatMap((row) => {
        const identity = dead.has(row.id) ? undefined : recordedIdentity(row)
        return identity !== undefined && identity.machine === machine ? [identity] : []
      })
      return [...dead]
    },
    hasLocalDeath: async () => {
      if (neighbours.length === 0) return false
      const asked = neighbours
      const ended = await Promise.all(asked.map(hasEnded))
      if (neighbours === asked) neighbours = asked.filter((_, index) => ended[index] === false)
      return ended.includes(true)
    },
    close: () => {
      forgetLoss()
      forgetReturn()
    },
  }
}

/**
 * What is known of each worker. The locks are tried shared, which keeps no other who looks away, and are given back
 * with the statement.
 */
async function look(
  database: Kysely<Schema>,
  namespace: number,
  workerIds: readonly number[],
): Promise<Found[]> {
  const { rows } = await sql<Found>`
    select asked.id, pg_try_advisory_xact_lock_shared(${namespace}::int, asked.id) as free,
      workers.machine, workers.pid, workers.process_start,
      (
        select extract(epoch from clock_timestamp() - began_at)::float8 * 1000 from lock_epochs
        where server_started_at = pg_postmaster_start_time()
      ) as epoch_ms
    from unnest(${[...workerIds]}::int[]) as asked (id) left join workers on workers.id = asked.id
  `.execute(database)
  return rows
}

/** Notes from when on workers can have taken their locks again, where nobody has since the server started or crashed. */
async function beginEpoch(database: Kysely<Schema>): Promise<void> {
  await sql`
    insert into lock_epochs (server_started_at) values (pg_postmaster_start_time()) on conflict do nothing
  `.execute(database)
}

function recordedIdentity({ machine, pid, process_start: start }: Found): ProcessIdentity | undefined {
  return machine === null || pid === null || start === null ? undefined : { machine, pid, start }
}

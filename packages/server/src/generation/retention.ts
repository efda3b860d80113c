import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Schema } from '../database/schema.ts'
import type { Objects } from '../storage/objects.ts'
import type { Variants } from '../storage/variants.ts'
import type { GonePicture } from './expire-rows.ts'
import { expireCarousel, expirePicture, expireRecord, forgetPicture, gonePictures } from './expire-rows.ts'
import { pruneRows } from './prune-rows.ts'
import { deleteOrphan } from './image-rows.ts'
import type { RetentionRule } from './retention-rules.ts'
import { expiredCarousel, expiredPicture, expiredRecord } from './retention-rules.ts'

/** Keeping pictures no longer than the rules say, and the tables no larger than they must be. */
export interface Retention {
  /**
   * One whole pass, unless another process is at it. Each step is a small transaction, and what it leaves half done the
   * next pass ends.
   * @returns what was deleted; `undefined` when another process is at it
   */
  sweep(): Promise<SweepCounts | undefined>
  /** Sweeps from time to time until it is closed. */
  start(): void
  /** Waits for a step under way. Idempotent. */
  close(): Promise<void>
}

export interface SweepCounts {
  pictures: number
  carousels: number
  /** Failed and cancelled generations. */
  records: number
  /** Rows of tables that only grow: events, idempotency keys, workers, rate limits. */
  rows: number
}

export interface RetentionOptions {
  database: Kysely<Schema>
  objects: Objects
  variants: Variants
  defaults: RetentionRule
  /** Called before a sweep: what this process has noted is written. */
  flushUse?(): Promise<void>
  /** Drops cached copies everywhere. */
  purge(pictures: readonly GonePicture[]): Promise<void>
  /** Whether a worker of that number is dead. */
  isDead(workerId: number): Promise<boolean>
  log: Logger
  now: () => number
}

/** What one query looks at. */
const sliceSize = 200

const longestPauseMs = 60_000

/** How often it is asked whether a sweep is due; the first is not at once, since a start has better things to do. */
const tickMs = 2000
const dayMs = 24 * 3_600_000

/** Class of the session lock of who sweeps ("drs" in ASCII). */
const sweepLock = 0x647273

export function createRetention(options: RetentionOptions): Retention {
  const { database, log } = options
  const closing = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> = Promise.resolve()
  let sweptAt = Number.NEGATIVE_INFINITY

  async function sweep(): Promise<SweepCounts | undefined> {
    return await database.connection().execute(async (connection) => {
      const { rows } = await sql<{
        mine: boolean
      }>`select pg_try_advisory_lock(${sweepLock}, 0) as mine`.execute(connection)
      if (rows[0]?.mine !== true) return undefined
      try {
        await options.flushUse?.()
        return await sweepAll(options, closing.signal)
      } finally {
        await sql`select pg_advisory_unlock(${sweepLock}, 0)`.execute(connection)
      }
    })
  }

  async function next(): Promise<void> {
    try {
      // Asked each time: somebody may have given a scope a shorter rule.
      if (performance.now() - sweptAt >= (await pauseOf(options))) {
        sweptAt = performance.now()
        const counts = await sweep()
        if (counts !== undefined && Object.values(counts).some((count) => count > 0))
          log.info(counts, 'deleted what is kept no longer')
      }
    } catch (error) {
      if (!closing.signal.aborted)
        log.warn({ err: error }, 'deleting what is kept no longer failed; it is tried again')
    }
    schedule()
  }

  function schedule(): void {
    if (closing.signal.aborted) return
    timer = setTimeout(() => {
      running = next()
    }, tickMs)
    timer.unref()
  }

  return {
    sweep,
    start: schedule,
    close: async () => {
      closing.abort()
      clearTimeout(timer)
      await running
    },
  }
}

/** A minute, or less where a rule is so short that a minute matters. */
async function pauseOf({ database, defaults }: RetentionOptions): Promise<number> {
  const shortestMs = (await shortestDays(database, defaults)) * dayMs
  return Math.max(1000, Math.min(longestPauseMs, shortestMs / 4))
}

/** The shortest rule in force, in days; `Infinity` where everything is kept for ever. */
export async function shortestDays(database: Kysely<Schema>, defaults: RetentionRule): Promise<number> {
  const { rows } = await sql<{ days: number | null }>`
    select min(least(nullif(retain_days, 0), nullif(retain_unused_days, 0))) as days from scopes
  `.execute(database)
  return Math.min(
    rows[0]?.days ?? Number.POSITIVE_INFINITY,
    defaults.maxAgeDays ?? Number.POSITIVE_INFINITY,
    defaults.unusedDays ?? Number.POSITIVE_INFINITY,
  )
}

async function sweepAll(options: RetentionOptions, signal: AbortSignal): Promise<SweepCounts> {
  const { database, defaults } = options
  const counts: SweepCounts = { pictures: 0, carousels: 0, records: 0, rows: 0 }
  const shortest = await shortestDays(database, defaults)
  if (Number.isFinite(shortest)) {
    const now = new Date(options.now())
    const youngest = new Date(now.getTime() - shortest * dayMs)
    const passes = [
      // Carousels first: a base goes when nothing stands on it any more.
      {
        of: sql`carousels as carousel`,
        among: sql`carousel.settled_at is not null`,
        madeAt: sql`carousel.created_at`,
        id: sql`carousel.id`,
        expired: expiredCarousel(defaults, now),
        one: async (id: string) => {
          const gone = await expireCarousel(database, id, expiredCarousel(defaults, now))
          if (gone === undefined) return
          counts.carousels += 1
          counts.pictures += gone.length
          await dropAll(gone, options)
        },
      },
      {
        of: sql`images as picture`,
        among: sql`picture.deleted_at is null`,
        madeAt: sql`picture.created_at`,
        id: sql`picture.id`,
        expired: expiredPicture(defaults, now),
        one: async (id: string) => {
          const gone = await expirePicture(database, id, expiredPicture(defaults, now))
          if (gone === undefined) return
          counts.pictures += 1
          await dropAll([gone], options)
        },
      },
      {
        of: sql`generations as record`,
        among: sql`record.status in ('failed', 'cancelled')`,
        madeAt: sql`record.settled_at`,
        id: sql`record.id`,
        expired: expiredRecord(defaults, now),
        one: async (id: string) => {
          if (await expireRecord(database, id, expiredRecord(defaults, now))) counts.records += 1
        },
      },
    ]
    for (const pass of passes) await walk(database, { ...pass, youngest, signal })
  }
  signal.throwIfAborted()
  await finishTakedowns(options, signal)
  counts.rows = await pruneRows(options, signal)
  return counts
}

interface Walk {
  of: ReturnType<typeof sql>
  among: ReturnType<typeof sql>
  madeAt: ReturnType<typeof sql>
  id: ReturnType<typeof sql>
  expired: ReturnType<typeof sql<boolean>>
  /** Nothing that is younger can have expired. */
  youngest: Date
  one(id: string): Promise<void>
  signal: AbortSignal
}

/** Looks at all rows of that age once, oldest first, so many at a time: what is kept never costs more than a look. */
async function walk(
  database: Kysely<Schema>,
  { of, among, madeAt, id, expired, youngest, one, signal }: Walk,
): Promise<void> {
  let after: { at: string; id: string } | undefined
  for (;;) {
    signal.throwIfAborted()
    const from =
      after === undefined ? sql`true` : sql`(${madeAt}, ${id}) > (${after.at}::timestamptz, ${after.id})`
    const { rows } = await sql<{ id: string; at: string; expired: boolean }>`
      select ${id} as id, ${madeAt}::text as at, ${expired} as expired
      from ${of} where ${among} and ${madeAt} < ${youngest} and ${from}
      order by ${madeAt}, ${id} limit ${sliceSize}
    `.execute(database)
    for (const row of rows) {
      signal.throwIfAborted()
      if (row.expired) await one(row.id)
    }
    after = rows.at(-1)
    if (rows.length < sliceSize) return
  }
}

/** The bytes first, then cached copies, and last the rows that say what is still to be done. */
async function dropAll(gone: readonly GonePicture[], options: RetentionOptions): Promise<void> {
  for (const { objectHash } of gone) await dropObject(objectHash, options)
  if (gone.length > 0) await options.purge(gone)
  for (const { id } of gone) await forgetPicture(options.database, id)
}

async function dropObject(
  objectHash: string,
  { database, objects, variants }: RetentionOptions,
): Promise<void> {
  await deleteOrphan(database, objectHash, async (hash) => {
    // In this order: `storage/variant-maker.ts` says why.
    await objects.delete(hash)
    await variants.deleteAllOf(hash)
  })
}

/** What a process that died, or a store that was away, left of pictures that were taken down or have expired. */
async function finishTakedowns(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    const gone = await gonePictures(options.database, new Date(options.now()), sliceSize)
    for (const picture of gone) {
      signal.throwIfAborted()
      await dropAll([picture], options)
    }
    if (gone.length < sliceSize) return
  }
}

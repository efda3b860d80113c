import { createHmac } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import { generationKey } from '../request/picture-spec.ts'
import { askKeyOf, familyOf } from './ask-key.ts'
import { dayMs } from './usage-event.ts'

/** One answered request for a picture. What it was called with is hashed when it is written, not when it is noted. */
export interface PictureUse {
  project: string
  scope: string
  /** What was asked for; `undefined` for the address of a stored picture. */
  spec: PictureSpec | undefined
  imageId: string | undefined
  /** Who asked, as far as that is known: becomes a hash that is another one each day. */
  client: string
  format: string | undefined
  class: string
  waitMs: number | undefined
}

/**
 * Every request for a picture, in few words: noted in memory by whoever answers, and written together a second later.
 * A full memory drops what comes; no request ever waits for it. Keys are hashes: no prompt is kept.
 */
export interface UsageLog {
  note(use: PictureUse): void
  /** Writes what has been noted. */
  flush(): Promise<void>
  /** Deletes what is kept no longer. */
  prune(): Promise<void>
  /** Uses that the bound of the memory has cost since the start. */
  readonly dropped: number
  close(): Promise<void>
}

export interface UsageLogOptions {
  database: Kysely<Schema>
  /** The deployment's: all processes give a client the same hash on the same day. */
  secret: string
  keepDays: number
  now: () => number
  failed(error: unknown): void
}

const flushIntervalMs = 1000
const pruneIntervalMs = 3_600_000
const maxNoted = 50_000
/** PostgreSQL takes 65,535 values in a statement. */
const rowsPerInsert = 2000

export function createUsageLog(options: UsageLogOptions): UsageLog {
  const { database, secret, keepDays, now, failed } = options
  let noted: { atMs: number; use: PictureUse }[] = []
  let dropped = 0
  let writing: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    const batch = noted
    noted = []
    for (let from = 0; from < batch.length; from += rowsPerInsert) {
      const rows = batch.slice(from, from + rowsPerInsert).map(({ atMs, use }) => rowOf(use, atMs, secret))
      // A batch that cannot be written is lost: the log is for patterns, and must not grow while the database is away.
      await database.insertInto('usage_events').values(rows).execute()
    }
  }
  const flush = async (): Promise<void> => {
    // One after the other, so that whoever has waited for a flush has everything noted before it.
    writing = writing.then(write).catch(failed)
    await writing
  }
  const prune = async (): Promise<void> => {
    await database
      .deleteFrom('usage_events')
      .where('at', '<', new Date(now() - keepDays * dayMs))
      .execute()
  }
  const timers = [
    setInterval(() => void (noted.length > 0 && flush()), flushIntervalMs).unref(),
    setInterval(() => void prune().catch(failed), pruneIntervalMs).unref(),
  ]
  return {
    note(use) {
      if (keepDays === 0) return
      if (noted.length >= maxNoted) dropped++
      else noted.push({ atMs: now(), use })
    },
    flush,
    prune,
    get dropped() {
      return dropped
    },
    async close() {
      for (const timer of timers) clearInterval(timer)
      await flush()
    },
  }
}

function rowOf(
  { project, scope, spec, imageId, client, format, class: cacheClass, waitMs }: PictureUse,
  atMs: number,
  secret: string,
): {
  at: Date
  project: string
  scope: string
  key: string
  generation_key: string | null
  image_id: string | null
  family: string
  session: string
  width_px: number | null
  height_px: number | null
  format: string | null
  class: string
  wait_ms: number | null
} {
  return {
    at: new Date(atMs),
    project,
    scope,
    key: spec === undefined ? (imageId ?? '') : askKeyOf(spec),
    generation_key: spec === undefined ? null : generationKey(spec),
    image_id: imageId ?? null,
    family: spec === undefined ? '' : familyOf(spec),
    session: sessionOf(secret, client, atMs),
    width_px: spec?.widthPx ?? null,
    height_px: spec?.heightPx ?? null,
    format: format ?? null,
    class: cacheClass,
    wait_ms: waitMs ?? null,
  }
}

/** Twelve bytes of an HMAC with the day in it: two days of one client cannot be joined, and no client be found. */
function sessionOf(secret: string, client: string, atMs: number): string {
  const day = Math.floor(atMs / dayMs)
  return createHmac('sha256', secret).update(`session\n${day}\n${client}`).digest('base64url').slice(0, 16)
}

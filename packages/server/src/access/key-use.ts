import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

/** When keys were last used, written together: a write for each request would cost more than the request. */
export interface KeyUse {
  note(id: string): void
  /** Writes what has been noted. */
  flush(): Promise<void>
  close(): Promise<void>
}

const flushIntervalMs = 10_000

export function createKeyUse(options: {
  database: Kysely<Schema>
  now: () => number
  /** Told of writes that failed: the next one tries again. */
  failed: (error: unknown) => void
}): KeyUse {
  const { database, now } = options
  let used = new Map<string, number>()
  const flush = async (): Promise<void> => {
    if (used.size === 0) return
    const writing = used
    used = new Map()
    try {
      const ids = [...writing.keys()]
      const times = [...writing.values()].map((time) => new Date(time).toISOString())
      await sql`
        update access_keys set last_used_at = greatest(last_used_at, used.at)
        from unnest(${ids}::text[], ${times}::timestamptz[]) as used (id, at)
        where access_keys.id = used.id
      `.execute(database)
    } catch (error) {
      for (const [id, time] of writing) if (!used.has(id)) used.set(id, time)
      options.failed(error)
    }
  }
  const timer = setInterval(() => void flush(), flushIntervalMs)
  timer.unref()
  return {
    // Keys that exist, so there are never more than the table has.
    note: (id) => void used.set(id, now()),
    flush,
    close: async () => {
      clearInterval(timer)
      await flush()
    },
  }
}

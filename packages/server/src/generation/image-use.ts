import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { RetentionRule } from './retention-rules.ts'
import { useGrain } from './retention-rules.ts'
import { shortestDays } from './retention.ts'

/**
 * When pictures were last used: noted in memory by whoever hands one out, hits included, and written together. Once a day
 * for each picture and process, and oftener only where a rule is so short that it matters. Nothing is written while no
 * rule asks for it.
 */
export interface ImageUse {
  note(imageId: string): void
  /** Writes what has been noted. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface ImageUseOptions {
  database: Kysely<Schema>
  defaults: RetentionRule
  now: () => number
  /** Told of writes that failed: the next one tries again. */
  failed(error: unknown): void
}

const flushIntervalMs = 10_000
const dayMs = 24 * 3_600_000

/** Pictures that are remembered as noted; the oldest note is forgotten first, and then at worst written again. */
const maxNoted = 100_000

export function createImageUse({ database, defaults, now, failed }: ImageUseOptions): ImageUse {
  const noted = new Map<string, number>()
  let used = new Map<string, number>()
  // Not known yet: every use is noted.
  let grainMs = 0

  async function write(writing: ReadonlyMap<string, number>): Promise<void> {
    const days = await shortestDays(database, defaults)
    grainMs = Math.min(dayMs, days * dayMs * useGrain)
    if (!Number.isFinite(days)) return
    await sql`
      update images set last_used_at = used.at
      from unnest(${[...writing.keys()]}::text[], ${[...writing.values()].map((at) => new Date(at).toISOString())}::timestamptz[])
        as used (id, at)
      where images.id = used.id and (images.last_used_at is null or images.last_used_at < used.at)
    `.execute(database)
  }

  async function flush(): Promise<void> {
    if (used.size === 0) return
    const writing = used
    used = new Map()
    try {
      await write(writing)
    } catch (error) {
      for (const [id, at] of writing) if (!used.has(id)) used.set(id, at)
      failed(error)
    }
  }

  const timer = setInterval(() => void flush(), flushIntervalMs).unref()
  return {
    note: (imageId) => {
      const at = now()
      const last = noted.get(imageId)
      if (last !== undefined && at - last < grainMs) return
      noted.delete(imageId)
      noted.set(imageId, at)
      used.set(imageId, at)
      const [oldest] = noted.keys()
      if (noted.size > maxNoted && oldest !== undefined) noted.delete(oldest)
    },
    flush,
    close: async () => {
      clearInterval(timer)
      await flush()
    },
  }
}

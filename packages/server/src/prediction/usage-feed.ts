import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { OptedScope } from './speculation.ts'
import { scopeName } from './speculation.ts'
import type { Observation } from './usage-event.ts'

/** What happened since the last look, in the order of time. */
export interface UsageFeed {
  read(scopes: readonly OptedScope[]): Promise<Observation[]>
  /** The last look did not come to the end of the log. */
  readonly isBehind: boolean
  /** The generation key under which a key was last asked for. */
  generationKeyOf(scope: string, key: string): string | undefined
}

/** So many in one look: after a start the log is read in several. */
const rowsPerRead = 20_000

/**
 * The usage log and the retirements of results, as the policy is told of them. Rows become visible in another order than
 * their numbers when two processes write at once; one that is seen late is lost to the policy, and to nothing else.
 */
export function createUsageFeed(database: Kysely<Schema>): UsageFeed {
  let lastId = '0'
  let isBehind = true
  let retiredSince: Date | undefined
  const generationKeys = new Map<string, string>()
  /** Whose asks a generation key answers, for its retirement. */
  const askedBy = new Map<string, Map<string, string>>()

  async function readUsage(wanted: ReadonlySet<string>): Promise<Observation[]> {
    const rows = await database
      .selectFrom('usage_events')
      .select(['id', 'at', 'project', 'scope', 'key', 'family', 'session', 'generation_key'])
      .where('id', '>', lastId)
      .where('generation_key', 'is not', null)
      .orderBy('id')
      .limit(rowsPerRead)
      .execute()
    lastId = rows.at(-1)?.id ?? lastId
    isBehind = rows.length === rowsPerRead
    return rows.flatMap(({ at, project, scope: name, key, family, session, generation_key }) => {
      const scope = scopeName(project, name)
      if (!wanted.has(scope) || generation_key === null) return []
      generationKeys.set(`${scope} ${key}`, generation_key)
      let by = askedBy.get(generation_key)
      if (by === undefined) askedBy.set(generation_key, (by = new Map()))
      by.set(scope, key)
      return [
        {
          type: 'asked' as const,
          atMs: at.getTime(),
          scope,
          key,
          family,
          ...(session !== null && { session }),
        },
      ]
    })
  }
  async function readRetired(): Promise<Observation[]> {
    const rows = await database
      .selectFrom('generations')
      .select(['key', 'retired_at', 'taken_down_at'])
      .where('retired_at', 'is not', null)
      .$if(retiredSince !== undefined, (query) => query.where('retired_at', '>', retiredSince ?? new Date(0)))
      .orderBy('retired_at')
      .limit(rowsPerRead)
      .execute()
    retiredSince = rows.at(-1)?.retired_at ?? retiredSince
    return rows.flatMap(({ key, retired_at, taken_down_at }) => {
      // What was taken down is not brought back by a guess.
      if (retired_at === null || taken_down_at !== null) return []
      return [...(askedBy.get(key) ?? [])].map(([scope, askKey]) => ({
        type: 'retired' as const,
        atMs: retired_at.getTime(),
        scope,
        keys: [askKey],
      }))
    })
  }
  return {
    async read(scopes) {
      const wanted = new Set(scopes.map(({ project, name }) => scopeName(project, name)))
      const usage = await readUsage(wanted)
      return [...usage, ...(await readRetired())].toSorted((a, b) => a.atMs - b.atMs)
    },
    get isBehind() {
      return isBehind
    },
    generationKeyOf: (scope, key) => generationKeys.get(`${scope} ${key}`),
  }
}

import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { CarouselFacts } from './explain-carousel.ts'
import type { EventFact, ProcessNames } from './span.ts'

/** `host:pid` of processes by their numbers. */
export async function processNames(
  database: Kysely<Schema>,
  ids: readonly (number | null)[],
): Promise<ProcessNames> {
  const known = ids.filter((id) => id !== null)
  if (known.length === 0) return new Map()
  const rows = await database.selectFrom('workers').select(['id', 'name']).where('id', 'in', known).execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** What the slides of a carousel are, and the generation of its base. */
export async function carouselParts(
  database: Kysely<Schema>,
  { generationId, slideKeys }: { generationId: string | null; slideKeys: readonly string[] },
): Promise<Pick<CarouselFacts, 'results' | 'generation'>> {
  const results =
    slideKeys.length === 0
      ? []
      : await database
          .selectFrom('slide_results')
          .select(['key', 'carousel_id', 'created_at'])
          .where('key', 'in', [...slideKeys])
          .execute()
  const row =
    generationId === null
      ? undefined
      : await database.selectFrom('generations').selectAll().where('id', '=', generationId).executeTakeFirst()
  const generation = row === undefined ? undefined : { row, events: await eventsOf(database, row.id) }
  return { results: new Map(results.map((result) => [result.key, result])), generation }
}

/** What happened to a generation, without its previews. */
export async function eventsOf(database: Kysely<Schema>, generationId: string): Promise<EventFact[]> {
  const rows = await database
    .selectFrom('generation_events')
    .select(['type', 'data', 'created_at'])
    .where('generation_id', '=', generationId)
    .where('type', 'not in', ['preview', 'progress'])
    .orderBy('seq')
    .execute()
  return rows.map(({ type, data, created_at: at }) => ({ type, data, at }))
}

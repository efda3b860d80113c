import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { dayMs } from './usage-event.ts'

const windowMs = 14 * dayMs
/** A format that fewer ask for is made when somebody does. */
const leastShare = 0.25

/**
 * The formats in which a scope's prompt URLs are asked for. Where only the delivery differs there is nothing to
 * generate: a variant of the picture is encoded, once.
 */
export async function usualFormats(
  database: Kysely<Schema>,
  { project, scope, nowMs }: { project: string; scope: string; nowMs: number },
): Promise<string[]> {
  const rows = await database
    .selectFrom('usage_events')
    .select(['format', sql<number>`count(*)::int`.as('count')])
    .where('project', '=', project)
    .where('scope', '=', scope)
    .where('at', '>=', new Date(nowMs - windowMs))
    .where('format', 'is not', null)
    .where('generation_key', 'is not', null)
    .groupBy('format')
    .execute()
  const total = rows.reduce((sum, { count }) => sum + count, 0)
  return rows.flatMap(({ format, count }) => (format !== null && count >= leastShare * total ? [format] : []))
}

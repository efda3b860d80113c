import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { putRows } from './cdn-orders.ts'
import { rowOf } from './settle-cdn-call.ts'

/** Dead letters become orders again. @returns how many names */
export async function reviveFailed(
  database: Kysely<Schema>,
  { cdns, failure }: { cdns: readonly string[]; failure?: 'unauthorized' | undefined },
  now: number,
): Promise<number> {
  if (cdns.length === 0) return 0
  return await database.transaction().execute(async (transaction) => {
    const rows = await transaction
      .deleteFrom('cdn_purges')
      .where('status', '=', 'failed')
      .where('cdn', 'in', [...cdns])
      .$if(failure !== undefined, (query) => query.where('failure', '=', 'unauthorized'))
      .returning(['cdn', 'kind', 'name', 'soft', 'orders', 'round', 'alone', 'ordered_at'])
      .execute()
    const unique = new Map(rows.map((row) => [JSON.stringify([row.cdn, row.kind, row.name, row.soft]), row]))
    await putRows(
      transaction,
      // Ordered now: else what was given up for its age is given up again at once.
      [...unique.values()].map((row) => ({ ...rowOf(row, now), round: 1, orderedAt: new Date(now) })),
    )
    return unique.size
  })
}

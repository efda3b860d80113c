import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { putRows } from './cdn-orders.ts'
import { giveUpMs } from './schedule.ts'
import { rowOf } from './settle-cdn-call.ts'

/** A copy that was kept for longer than this has been asked for again since, or by nobody. */
const keepFailedMs = 30 * 24 * 3_600_000

/** Dead letters become orders again, and no CDN is left alone any longer. @returns how many names */
export async function reviveFailed(
  database: Kysely<Schema>,
  { cdns, failure }: { cdns: readonly string[]; failure?: 'unauthorized' | undefined },
  now: number,
): Promise<number> {
  if (cdns.length === 0) return 0
  return await database.transaction().execute(async (transaction) => {
    if (failure === undefined) {
      await transaction
        .updateTable('cdn_states')
        .set({ retry_at: null })
        .where('cdn', 'in', [...cdns])
        .execute()
    }
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

/**
 * Ends what nobody will ever send: what waits for a CDN that no process is configured for any more, and dead letters of
 * long ago.
 */
export async function endOldPurges(
  database: Kysely<Schema>,
  configured: readonly string[],
  now: number,
): Promise<void> {
  await database
    .updateTable('cdn_purges')
    .set({
      status: 'failed',
      failure: 'given-up',
      reason: 'No process is configured for this CDN.',
      failed_at: new Date(now),
    })
    .where('status', '=', 'pending')
    .where('lease', 'is', null)
    .where('ordered_at', '<', new Date(now - giveUpMs))
    .where('cdn', 'not in', [...configured])
    .execute()
  await database
    .deleteFrom('cdn_purges')
    .where('status', '=', 'failed')
    .where('failed_at', '<', new Date(now - keepFailedMs))
    .execute()
}

import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import { generationKey } from '../request/picture-spec.ts'
import type { Armed } from './arm.ts'
import { arm, currentRow } from './arm.ts'
import { appendEvent } from './events.ts'
import type { GenerationRow } from './generation-row.ts'
import type { AcceptContext, GenerationBudget } from './requests.ts'

/** A picture that nobody has asked for yet. */
export interface Foreseen {
  /** In whose line it waits, and what pays for it. */
  project: string
  scope: string
  spec: PictureSpec
  /** What pays for it instead of the scope's budget. */
  budget?: GenerationBudget | undefined
}

/**
 * Has a picture made before somebody asks: after all demand, and given up for it. There is no request: nothing is
 * listed, nobody is told. An ask that comes joins it, and makes it demand.
 *
 * What was cancelled, or failed, is not tried again by foresight: `how` is `joined`, and the row says so.
 * @throws DarkroomError queue_full, and what the budget refuses with
 */
export async function foresee(foreseen: Foreseen, context: AcceptContext): Promise<Armed> {
  const { project, scope, spec, budget = context.budget } = foreseen
  const known = await currentRow(context.database, generationKey(spec))
  if (known !== undefined && known.retired_at === null) return { row: known, how: 'joined' }
  let release: (() => void) | undefined
  try {
    return await context.database.transaction().execute(async (transaction) => {
      const place = await context.line.look(transaction, { project, scope, priority: 'speculative' })
      release = () => place.release()
      const armed = await arm(spec, {
        transaction,
        queue: context.queue,
        secret: context.secret,
        priority: 'speculative',
        project,
        scope,
        isFull: () => place.isFull(),
        nextTurn: () => place.next(),
        giveBackTurn: (turn) => place.giveBack(turn),
        now: context.now,
      })
      if (armed.how === 'started') await budget.charge(transaction, { project, scope }, [armed.row])
      return armed
    })
  } finally {
    release?.()
  }
}

/**
 * Cancels what was foreseen and is not wanted any more: queued or running, and only where nobody has asked for it.
 * @returns the ids of the generations that were cancelled
 */
export async function withdrawForeseen(
  context: Pick<AcceptContext, 'database' | 'queue' | 'now'>,
  generationIds: readonly string[],
): Promise<string[]> {
  if (generationIds.length === 0) return []
  return await context.database.transaction().execute(async (transaction) => {
    const rows = await openForeseen(transaction, generationIds)
    for (const row of rows) await cancel(row, transaction, context)
    return rows.map(({ id }) => id)
  })
}

async function openForeseen(
  transaction: Transaction<Schema>,
  generationIds: readonly string[],
): Promise<GenerationRow[]> {
  return await transaction
    .selectFrom('generations')
    .selectAll()
    .where('id', 'in', [...generationIds])
    .where('status', 'in', ['queued', 'running'])
    .where('priority', '=', 'speculative')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('request_images')
            .innerJoin('requests', 'requests.id', 'request_images.request_id')
            .select('requests.id')
            .whereRef('request_images.generation_id', '=', 'generations.id')
            .where('requests.cancelled_at', 'is', null),
        ),
      ),
    )
    // The order in which `arm` takes them: in another, the two would wait for each other.
    .orderBy(sql`key collate "C"`)
    .forUpdate()
    .execute()
}

async function cancel(
  row: GenerationRow,
  transaction: Transaction<Schema>,
  { queue, now }: Pick<AcceptContext, 'queue' | 'now'>,
): Promise<void> {
  const seq = row.event_seq + 1
  await transaction
    .updateTable('generations')
    .set({ status: 'cancelled', settled_at: new Date(now()), lease: null, event_seq: seq })
    .where('id', '=', row.id)
    .execute()
  if (row.job_id !== null && row.status === 'queued') await queue.cancel(row.job_id, { transaction })
  await appendEvent(transaction, queue, { generationId: row.id, seq, type: 'cancelled', data: {} })
}

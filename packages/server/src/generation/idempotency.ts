import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'

export type IdempotencyClaim = { kind: 'new' } | { kind: 'used'; requestId: string }

/**
 * Claims an `Idempotency-Key` for a request that is about to be accepted, in its transaction
 * (draft-ietf-httpapi-idempotency-key-header-07). A key is kept for 24 hours.
 *
 * Two first uses at once: the unique key makes the second wait for the first's transaction, and then find it.
 * @throws DarkroomError idempotency_mismatch (another body), idempotency_conflict (the first is still running)
 */
export async function claimIdempotencyKey(
  transaction: Transaction<Schema>,
  claim: { owner: string; key: string; fingerprint: string; requestId: string },
  /** Whether what the key's first use began has ended. */
  isSettled: (transaction: Transaction<Schema>, id: string) => Promise<boolean> = isSettledRequest,
): Promise<IdempotencyClaim> {
  await transaction
    .deleteFrom('idempotency_keys')
    .where('owner', '=', claim.owner)
    .where('key', '=', claim.key)
    .where('created_at', '<', sql<Date>`now() - interval '24 hours'`)
    .execute()
  const inserted = await transaction
    .insertInto('idempotency_keys')
    .values({
      owner: claim.owner,
      key: claim.key,
      fingerprint: claim.fingerprint,
      request_id: claim.requestId,
    })
    .onConflict((conflict) => conflict.columns(['owner', 'key']).doNothing())
    .returning('key')
    .executeTakeFirst()
  if (inserted !== undefined) return { kind: 'new' }
  const used = await transaction
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('owner', '=', claim.owner)
    .where('key', '=', claim.key)
    .executeTakeFirstOrThrow()
  if (used.fingerprint !== claim.fingerprint) {
    throw new DarkroomError(
      'idempotency_mismatch',
      'This Idempotency-Key was used with another body; use a new key for a new request.',
      { param: 'Idempotency-Key' },
    )
  }
  if (used.answered_at === null && !(await isSettled(transaction, used.request_id))) {
    throw new DarkroomError(
      'idempotency_conflict',
      'The first request with this Idempotency-Key is still running; repeat it in a moment.',
      { param: 'Idempotency-Key', retryAfterS: 1 },
    )
  }
  return { kind: 'used', requestId: used.request_id }
}

/** The first answer may never be written (its process died); a settled request can be answered all the same. */
async function isSettledRequest(transaction: Transaction<Schema>, requestId: string): Promise<boolean> {
  const open = await transaction
    .selectFrom('request_images')
    .innerJoin('generations', 'generations.id', 'request_images.generation_id')
    .select('generations.id')
    .where('request_images.request_id', '=', requestId)
    .where('generations.status', 'in', ['queued', 'running'])
    .limit(1)
    .executeTakeFirst()
  return open === undefined
}

/** The first request has been answered, or its caller has left: repeats may be answered from its record. */
export async function markAnswered(database: Kysely<Schema>, owner: string, key: string): Promise<void> {
  await database
    .updateTable('idempotency_keys')
    .set({ answered_at: new Date() })
    .where('owner', '=', owner)
    .where('key', '=', key)
    .execute()
}

import type { Kysely, Selectable, Transaction } from 'kysely'
import type { AuditLogTable } from '../database/access-schema.ts'
import type { Schema } from '../database/schema.ts'

/** One administrative act, written in the transaction that does it. */
export interface Act {
  /** A key's id, `cli`, or `local` where access is off. */
  actor: string
  act:
    | 'key.create'
    | 'key.revoke'
    | 'key.rotate'
    | 'scope.set'
    | 'scope.delete'
    | 'purge'
    | 'image.delete'
    | 'jobs.redrive'
    | 'webhook.redeliver'
    | 'webhook.rotate'
  project: string
  /** What it was done to. Never a secret. */
  subject: string
  facts?: Readonly<Record<string, unknown>>
}

/** An act as it was written down. */
export type ActRow = Selectable<AuditLogTable>

/** Writes an act down. */
export async function recordAct(
  database: Pick<Kysely<Schema> | Transaction<Schema>, 'insertInto'>,
  { actor, act, project, subject, facts = {} }: Act,
): Promise<void> {
  await database
    .insertInto('audit_log')
    .values({ actor, act, project, subject, facts: JSON.stringify(facts) })
    .execute()
}

/** Acts, newest first. @param before only acts with a smaller id, for the next page */
export async function listActs(
  database: Kysely<Schema>,
  page: { limit: number; before: string | undefined },
): Promise<ActRow[]> {
  let query = database.selectFrom('audit_log').selectAll().orderBy('id', 'desc').limit(page.limit)
  if (page.before !== undefined) query = query.where('id', '<', page.before)
  return await query.execute()
}

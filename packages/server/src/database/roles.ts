import type { Schema } from './schema.ts'

/** What a process is, as the database sees it: `api` answers requests, `worker` draws pictures. */
export type DatabaseRole = 'api' | 'worker'

type Statement = 'select' | 'insert' | 'update' | 'delete'

const all: readonly Statement[] = ['select', 'insert', 'update', 'delete']
const read: readonly Statement[] = ['select']
const nothing: readonly Statement[] = []

/**
 * What each role may do with each table. A table that is added and not named here does not compile.
 *
 * A worker needs records and pictures. It is kept from keys, scopes, budgets, idempotency keys, the record of acts
 * and the settings, where the secret of image ids lies. Signing keys are in no table at all (`access/key-token.ts`).
 */
export const tableRights: Readonly<Record<keyof Schema, Record<DatabaseRole, readonly Statement[]>>> = {
  generations: { api: all, worker: ['select', 'update'] },
  generation_events: { api: all, worker: all },
  requests: { api: all, worker: read },
  request_images: { api: all, worker: read },
  images: { api: all, worker: ['select', 'insert', 'update'] },
  carousels: { api: all, worker: ['select', 'update'] },
  carousel_slides: { api: all, worker: ['select', 'update'] },
  carousel_events: { api: all, worker: ['select', 'insert'] },
  slide_results: { api: all, worker: all },
  base_claims: { api: all, worker: all },
  workers: { api: all, worker: all },
  lock_epochs: { api: all, worker: ['select', 'insert'] },
  scaling_history: { api: all, worker: nothing },
  scaling_state: { api: all, worker: nothing },
  webhooks: { api: all, worker: all },
  webhook_attempts: { api: all, worker: ['select', 'insert'] },
  webhooks_gone: { api: all, worker: all },
  // A worker signs what it sends.
  webhook_secrets: { api: all, worker: ['select', 'insert'] },
  // Workers purge nothing, and have no key of a CDN.
  cdn_purges: { api: all, worker: nothing },
  cdn_states: { api: all, worker: nothing },
  idempotency_keys: { api: all, worker: nothing },
  settings: { api: all, worker: nothing },
  access_keys: { api: all, worker: nothing },
  scopes: { api: all, worker: nothing },
  scope_charges: { api: all, worker: nothing },
  // A worker takes none of what prediction reads and writes: it makes the pictures, and is not told why.
  usage_events: { api: all, worker: nothing },
  predictions: { api: all, worker: nothing },
  catalogs: { api: all, worker: nothing },
  catalog_items: { api: all, worker: nothing },
  // Acts are added and read, and never changed.
  audit_log: { api: ['select', 'insert'], worker: nothing },
  // Each process writes what it measured; who answers requests sums it up and reads it.
  latency_minutes: { api: all, worker: ['select', 'insert', 'update'] },
  ledger_minutes: { api: all, worker: ['select', 'insert', 'update'] },
  latency_hours: { api: all, worker: nothing },
  ledger_hours: { api: all, worker: nothing },
  summed_hours: { api: all, worker: nothing },
  markers: { api: all, worker: nothing },
}

/** Tables that no query of ours names, or not by their columns. */
const otherTables: Readonly<Record<string, Record<DatabaseRole, readonly Statement[]>>> = {
  rate_limits: { api: all, worker: nothing },
  kysely_migration: { api: read, worker: read },
  kysely_migration_lock: { api: ['select', 'update'], worker: ['select', 'update'] },
}

/**
 * SQL that gives a login role the rights of one kind of process, and takes all others of these tables. The owner
 * of the tables runs it, after each upgrade: only the owner may make and change tables.
 */
export function grantsFor(role: DatabaseRole, roleName: string): string {
  const name = `"${roleName.replaceAll('"', '""')}"`
  const tables = Object.entries({ ...tableRights, ...otherTables })
  return [
    `-- ${role}`,
    `revoke all on all tables in schema public from ${name};`,
    `grant usage on schema public, pgboss to ${name};`,
    ...tables.flatMap(([table, { [role]: statements }]) =>
      statements.length === 0 ? [] : [`grant ${statements.join(', ')} on ${table} to ${name};`],
    ),
    `grant select, insert, update, delete on all tables in schema pgboss to ${name};`,
    `grant usage on all sequences in schema pgboss to ${name};`,
    `grant execute on all functions in schema pgboss to ${name};`,
    '',
  ].join('\n')
}

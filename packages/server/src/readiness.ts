import type { Kysely } from 'kysely'
import type { Schema } from './database/schema.ts'

/**
 * What must be there for a process to do its part; each check says in words what is wrong.
 * A gateway is ready without any worker: it accepts requests and serves what is there, and would serve nobody if a
 * balancer took it away because the models are down.
 */
export function readinessOf(parts: {
  database: Kysely<Schema>
  store: { check(): Promise<void> }
  worker: ReadyWorker | undefined
}): Record<string, () => Promise<void>> {
  const { worker } = parts
  return {
    database: async () => {
      await parts.database.selectFrom('workers').select('id').limit(1).execute()
    },
    storage: async () => await parts.store.check(),
    ...(worker === undefined ? {} : { worker: async () => worker.check() }),
  }
}

/** The worker of this process, where it has one. */
export interface ReadyWorker {
  /** @throws Error that says why it has not drawn with the models of its start, or takes no more jobs */
  check(): void
}

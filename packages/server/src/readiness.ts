import type { Kysely } from 'kysely'
import type { BackendTable } from './backends/backends.ts'
import type { ModelTable } from './backends/model-table.ts'
import type { Schema } from './database/schema.ts'

/** What must be there for this process to be of use; each check says in words what is wrong. */
export function readinessOf(parts: {
  database: Kysely<Schema>
  backends: BackendTable
  table: ModelTable
  checkStore: () => Promise<void>
}): Record<string, () => Promise<void>> {
  return {
    database: async () => {
      await parts.database.selectFrom('settings').select('name').limit(1).execute()
    },
    storage: parts.checkStore,
    worker: async () => {
      const model = parts.table.resolve(undefined)
      if (model === undefined) throw new Error('no default model is configured')
      const health = await parts.backends.backendFor(model.backend).health()
      if (health.state === 'failed') throw new Error(health.reason)
      if (health.state !== 'ready' && health.state !== 'busy')
        throw new Error(`the backend is ${health.state}`)
    },
  }
}

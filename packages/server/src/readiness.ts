import type { Kysely } from 'kysely'
import type { BackendTable } from './backends/backends.ts'
import type { ModelTable } from './backends/model-table.ts'
import type { Schema } from './database/schema.ts'

/**
 * What must be there for a process to do its part; each check says in words what is wrong.
 * A gateway is ready without any worker: it accepts requests and serves what is there, and would serve nobody if a
 * balancer took it away because the models are down.
 */
export function readinessOf(
  role: 'all' | 'gateway' | 'worker' | 'predictor',
  parts: {
    database: Kysely<Schema>
    backends: BackendTable
    table: ModelTable
    store: { check(): Promise<void> }
  },
): Record<string, () => Promise<void>> {
  const common = {
    database: async () => {
      await parts.database.selectFrom('workers').select('id').limit(1).execute()
    },
    storage: async () => await parts.store.check(),
  }
  // A predictor hands its work to the workers, as a gateway does.
  if (role === 'gateway' || role === 'predictor') return common
  return {
    ...common,
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

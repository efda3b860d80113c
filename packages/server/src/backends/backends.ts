import type { Backend, BackendCapabilities } from './backend.ts'
import { BackendError } from './backend.ts'
import type { BackendName, ModelTable } from './model-table.ts'

/** How each adapter is made: `{ sketch: () => createSketchBackend(), openai: () => createOpenAIBackend(…) }`. */
export type BackendMakers = Readonly<Record<BackendName, () => Backend>>

/** The backends of this process. Each is made when it is first needed, and once. */
export interface BackendTable {
  /**
   * The backend of that name, whether or not the table of models still names it: records outlive configurations.
   * @throws BackendError backend_failed for a name of no adapter, or after `close`
   */
  backendFor(name: string): Backend
  /** What the resolved model can do; its `rendererVersion` is part of every generation key. */
  capabilitiesOf(resolved: { backend: string; model: string }): BackendCapabilities
  /** Every backend that the table of models names, made if it was not yet. */
  all(): readonly Backend[]
  /** Closes the backends that were made. */
  close(): Promise<void>
}

/** @param options.table who is named; others are made only when a record asks for them */
export function createBackends(options: { table: ModelTable; makers: BackendMakers }): BackendTable {
  const { table, makers } = options
  const made = new Map<string, Backend>()
  let closed = false
  const backendFor = (name: string): Backend => {
    const existing = made.get(name)
    if (existing !== undefined) return existing
    const make = Object.hasOwn(makers, name) ? makers[name as BackendName] : undefined
    if (make === undefined || closed) {
      const message = closed
        ? 'The backends are closed.'
        : `This release has no backend named ${JSON.stringify(name)}.`
      throw new BackendError('backend_failed', message, { retry: 'elsewhere' })
    }
    const backend = make()
    made.set(name, backend)
    return backend
  }
  return {
    backendFor,
    capabilitiesOf: ({ backend, model }) => backendFor(backend).capabilities(model),
    all: () => [...new Set(table.list().map((entry) => entry.backend))].map(backendFor),
    close: async () => {
      closed = true
      await Promise.all([...made.values()].map((backend) => backend.close()))
    },
  }
}

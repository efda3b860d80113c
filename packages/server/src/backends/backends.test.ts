import { expect, test } from 'vitest'
import type { Backend } from './backend.ts'
import type { BackendMakers, BackendTable } from './backends.ts'
import { createBackends } from './backends.ts'
import { backendNames, parseModelTable } from './model-table.ts'
import { createOpenAIBackend } from './openai/openai-backend.ts'

/** Real adapters that count how often they were made and closed. */
function counted(models: string): { backends: BackendTable; made: string[]; closed: string[] } {
  const parsed = parseModelTable(models)
  if ('faults' in parsed) throw new Error(parsed.faults.join('; '))
  const made: string[] = []
  const closed: string[] = []
  const maker = (name: string) => (): Backend => {
    made.push(name)
    const backend = createOpenAIBackend({ baseUrl: 'http://127.0.0.1:9/v1' })
    return {
      ...backend,
      close: async () => {
        closed.push(name)
        await backend.close()
      },
    }
  }
  const named = backendNames.map((name) => [name, maker(name)] as const)
  const makers = Object.fromEntries(named) as unknown as BackendMakers
  return { backends: createBackends({ table: parsed.table, makers }), made, closed }
}

test('a backend is made when it is needed, and once', () => {
  const { backends, made } = counted('default=sketch:sketch-1,photo=openai:gpt-image-1')
  expect(made).toEqual([])
  expect(backends.backendFor('openai')).toBe(backends.backendFor('openai'))
  expect(made).toEqual(['openai'])
  expect(backends.all()).toHaveLength(2)
  expect(made).toEqual(['openai', 'sketch'])
})

test('capabilities are those of the resolved model', () => {
  const { backends } = counted('default=openai:gpt-image-1')
  expect(backends.capabilitiesOf({ backend: 'openai', model: 'gpt-image-1' }).sizes).toHaveLength(3)
  expect(backends.capabilitiesOf({ backend: 'openai', model: 'gpt-image-2' }).sizes).toBeNull()
})

test('a backend that the table no longer names still serves old records; an unknown one is an error', () => {
  const { backends, made } = counted('default=sketch:sketch-1')
  backends.backendFor('openai')
  expect(made).toEqual(['openai'])
  expect(backends.all()).toHaveLength(1)
  for (const name of ['toString', 'nothing']) {
    expect(() => backends.backendFor(name)).toThrow(expect.objectContaining({ code: 'backend_failed' }))
  }
})

test('close closes what was made, and nothing is made after it', async () => {
  const { backends, made, closed } = counted('default=sketch:sketch-1,photo=openai:x')
  backends.backendFor('openai')
  await backends.close()
  expect([made, closed]).toEqual([['openai'], ['openai']])
  expect(() => backends.backendFor('sketch')).toThrow(expect.objectContaining({ code: 'backend_failed' }))
})

import { expect, test } from 'vitest'
import type { Backend, BackendEvent, BackendRequest } from '../backends/backend.ts'
import { noInputs } from '../backends/backend.ts'
import { contractInput } from '../backends/contract-inputs.ts'
import { createSimulatedGpuBackend } from '../backends/simulated-gpu/simulated-gpu-backend.ts'
import type { Batches } from './batches.ts'
import { createBatches } from './batches.ts'

function requestOf(id: string, changes: Partial<BackendRequest> = {}): BackendRequest {
  return {
    id,
    model: 'sim-1',
    prompt: `a picture, ${id}`,
    negative: undefined,
    style: undefined,
    widthPx: 32,
    heightPx: 32,
    seed: 0,
    inputs: noInputs,
    strength: undefined,
    steps: undefined,
    ...changes,
  }
}

/** Batches over a simulated GPU; `runs` has the sizes of its runs and their signals. */
function setUp(steps = 4): { batches: Batches; runs: { size: number; signal: AbortSignal }[] } {
  const gpu: Backend = createSimulatedGpuBackend({ settings: { spinUpMs: 0, loadMs: 0, stepMs: 1, steps } })
  const runs: { size: number; signal: AbortSignal }[] = []
  const batches = createBatches({
    windowMs: 200,
    generateBatch: async function* generateBatch(requests, signal) {
      runs.push({ size: requests.length, signal })
      if (gpu.generateBatch !== undefined) yield* gpu.generateBatch(requests, signal)
    },
  })
  return { batches, runs }
}

const never = (): AbortSignal => new AbortController().signal

async function read(run: AsyncIterable<BackendEvent>): Promise<string[]> {
  const types: string[] = []
  for await (const { type } of run) if (types.at(-1) !== type) types.push(type)
  return types
}

test('what comes within the window is one run, and a full one does not wait for its end', async () => {
  const { batches, runs } = setUp()
  const ids = ['a', 'b', 'c', 'd', 'e']
  const all = await Promise.all(ids.map((id) => read(batches.generate(requestOf(id), never(), 3))))
  expect(runs.map(({ size }) => size)).toEqual([3, 2])
  for (const types of all) expect(types.slice(-2)).toEqual(['image', 'done'])
})

test('other sizes, models and steps are other runs', async () => {
  const { batches, runs } = setUp()
  const requests = [
    requestOf('a'),
    requestOf('b', { widthPx: 48 }),
    requestOf('c', { steps: 2 }),
    requestOf('d', { model: 'sim-2' }),
  ]
  await Promise.all(requests.map((request) => read(batches.generate(request, never(), 4))))
  expect(runs.map(({ size }) => size)).toEqual([1, 1, 1, 1])
})

test('edits of one picture with seeds in a row are one run; of another picture or strength, another', async () => {
  const { batches, runs } = setUp()
  const [red, blue] = ['red', 'blue'].map((color) => contractInput({ widthPx: 32, heightPx: 32 }, color))
  if (red === undefined || blue === undefined) throw new Error('no pictures')
  const edit = (id: string, changes: Partial<BackendRequest>): Promise<string[]> =>
    read(batches.generate(requestOf(id, { inputs: { image: red, references: [] }, ...changes }), never(), 4))
  await Promise.all([
    edit('a', { seed: 0 }),
    edit('b', { seed: 1 }),
    edit('c', { seed: 2 }),
    edit('d', { inputs: { image: blue, references: [] } }),
    edit('e', { strength: 0.5 }),
    edit('f', { inputs: { image: red, references: [blue] } }),
    edit('g', { inputs: noInputs }),
  ])
  expect(runs.map(({ size }) => size)).toEqual([3, 1, 1, 1, 1])
})

test('who leaves takes nothing from the others; the run ends when all have left', async () => {
  const { batches, runs } = setUp(60)
  const reason = new Error('enough')
  const [first, second] = [new AbortController(), new AbortController()]
  const leaving = read(batches.generate(requestOf('a'), first.signal, 2))
  const staying = batches.generate(requestOf('b'), second.signal, 2)
  for await (const { type } of staying) if (type === 'started') break
  first.abort(reason)
  await expect(leaving).rejects.toBe(reason)
  expect(runs[0]?.signal.aborted).toBe(false)
  second.abort(reason)
  expect(runs[0]?.signal.aborted).toBe(true)
})

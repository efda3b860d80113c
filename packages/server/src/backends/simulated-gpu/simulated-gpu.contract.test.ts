import { describeBackendContract } from '../backend.contract.ts'
import type { Situation } from '../contract-harness.ts'
import { never, requestFor } from '../contract-runs.ts'
import type { SimulatedGpuSettings } from './settings.ts'
import { createSimulatedGpuBackend } from './simulated-gpu-backend.ts'

const embedded = 'The simulated GPU is part of this process: there is no server that could do this.'

describeBackendContract('simulated-gpu', () => {
  const quick = { spinUpMs: 0, loadMs: 1, stepMs: 0, steps: 4, vramMegapixels: 1, batch: 3 }
  const backend = createSimulatedGpuBackend({ settings: quick })
  const another =
    (settings: Partial<SimulatedGpuSettings>): Situation =>
    () => ({ backend: createSimulatedGpuBackend({ settings: { ...quick, ...settings } }) })
  const harness = {
    backend,
    model: 'sim-1',
    size: { widthPx: 96, heightPx: 64 },
    deterministic: true as const,
    situations: {
      running: another({ steps: 150, stepMs: 20 }),
      queued: async () => {
        const busy = createSimulatedGpuBackend({ settings: { ...quick, steps: 150, stepMs: 20 } })
        const first = busy.generate(requestFor(harness), never())
        await first[Symbol.asyncIterator]().next()
        return { backend: busy }
      },
      invalidRequest: () => ({ request: { prompt: ' ' } }),
      impossibleSize: () => ({ request: { widthPx: 10_000 } }),
      unknownModel: () => ({ request: { model: 'sim-1++' } }),
      duplicateId: () => ({}),
      noImage: embedded,
      wrongSize: embedded,
      manyPreviews: another({ steps: 20, stepMs: 1 }),
      notAnImage: embedded,
      outOfMemory: () => ({ request: { widthPx: 2048, heightPx: 1024 } }),
      crash: another({ crashEvery: 1 }),
      unreachable: embedded,
      slowStart: another({ spinUpMs: 30 }),
      unhealthy: embedded,
    },
    close: () => backend.close(),
  }
  return Promise.resolve(harness)
})

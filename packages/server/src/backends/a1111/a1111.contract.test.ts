import { describeBackendContract } from '../backend.contract.ts'
import { fakeSituations } from '../contract-fakes.ts'
import type { BackendHarness } from '../contract-harness.ts'
import { requestWith } from '../openai/testing/run-request.ts'
import { createA1111Backend } from './a1111-backend.ts'
import { startA1111Fake } from './testing/a1111-fake.ts'

const size = { widthPx: 64, heightPx: 96 }

async function makeHarness(): Promise<BackendHarness> {
  const fake = await startA1111Fake()
  const backend = createA1111Backend({ baseUrl: fake.baseUrl, progressIntervalMs: 1 })
  const { answering, unreachable, occupy, release } = fakeSituations(fake)
  return {
    backend,
    model: 'toy',
    size,
    deterministic: true,
    situations: {
      running: () => {
        fake.mode = 'hang'
        return { reached: fake.waitForJobs(1), stopped: fake.waitForInterrupts(1) }
      },
      queued: async () => {
        fake.mode = 'hang'
        occupy(backend, requestWith({ model: 'toy', ...size }))
        await fake.waitForJobs(1)
        return {}
      },
      invalidRequest: answering('invalid'),
      impossibleSize: () => ({ request: { widthPx: 100 } }),
      wrongSize: answering('wrong-size'),
      manyPreviews: answering('many-previews'),
      unknownModel: answering('unknown-model'),
      duplicateId: () => ({}),
      noImage: answering('no-image'),
      notAnImage: answering('not-an-image'),
      outOfMemory: answering('out-of-memory'),
      crash: answering('reset'),
      unreachable,
      slowStart: answering('loading'),
      unhealthy: unreachable,
    },
    close: async () => {
      release()
      await backend.close()
      await fake.close()
    },
  }
}

describeBackendContract('a1111', makeHarness)

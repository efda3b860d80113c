import { describeBackendContract } from '../backend.contract.ts'
import { fakeSituations } from '../contract-fakes.ts'
import type { BackendHarness } from '../contract-harness.ts'
import { requestWith } from '../openai/testing/run-request.ts'
import { createCogBackend } from './cog-backend.ts'
import { startCogFake } from './testing/cog-fake.ts'

const size = { widthPx: 64, heightPx: 96 }

async function makeHarness(streams: boolean): Promise<BackendHarness> {
  const fake = await startCogFake(streams)
  const backend = createCogBackend({ baseUrl: fake.baseUrl, pollIntervalMs: 1 })
  const { answering, unreachable, occupy, release } = fakeSituations(fake)
  return {
    backend,
    model: 'toy',
    size,
    deterministic: true,
    situations: {
      running: () => {
        fake.mode = 'hang'
        return { reached: fake.waitForJobs(1), stopped: fake.waitForCancels(1) }
      },
      queued: async () => {
        fake.mode = 'hang'
        occupy(backend, requestWith({ model: 'toy', ...size }))
        await fake.waitForJobs(1)
        return {}
      },
      invalidRequest: answering('invalid'),
      impossibleSize: 'A model draws what its author wrote; it refuses as an invalid request.',
      wrongSize: answering('wrong-size'),
      manyPreviews: streams ? answering('many-previews') : 'This model does not stream.',
      unknownModel: 'A container has one model, whatever the name.',
      duplicateId: () => ({}),
      noImage: answering('no-image'),
      notAnImage: answering('not-an-image'),
      outOfMemory: answering('out-of-memory'),
      crash: answering('reset'),
      unreachable,
      slowStart: answering('loading'),
      unhealthy: () => {
        fake.status = 'DEFUNCT'
        return {}
      },
    },
    close: async () => {
      release()
      await backend.close()
      await fake.close()
    },
  }
}

describeBackendContract('cog, a model that streams', () => makeHarness(true))
describeBackendContract('cog, a model that answers once', () => makeHarness(false))

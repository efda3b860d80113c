import { describeBackendContract } from '../backend.contract.ts'
import { fakeSituations } from '../contract-fakes.ts'
import type { BackendHarness } from '../contract-harness.ts'
import { startSdFake } from '../sd-server/testing/sd-fake.ts'
import { sdServerDialect } from './dialects/sd-server.ts'
import { createOpenAIBackend } from './openai-backend.ts'
import { requestWith } from './testing/run-request.ts'

async function makeHarness(): Promise<BackendHarness> {
  const fake = await startSdFake()
  const backend = createOpenAIBackend({ dialect: sdServerDialect, baseUrl: fake.baseUrl })
  const { answering, unreachable, occupy, release } = fakeSituations(fake)
  return {
    backend,
    model: 'sd-cpp-local',
    size: { widthPx: 128, heightPx: 64 },
    deterministic: true,
    situations: {
      running: () => {
        fake.mode = 'hang'
        return { reached: fake.waitForJobs(1) }
      },
      queued: async () => {
        fake.mode = 'hang'
        occupy(backend, requestWith({ widthPx: 64, heightPx: 64 }))
        await fake.waitForJobs(1)
        return {
          stopped: Promise.resolve().then(() => fake.jobs.length === 1 || Promise.reject(new Error())),
        }
      },
      invalidRequest: () => ({ request: { prompt: '' } }),
      impossibleSize: () => ({ request: { widthPx: 100, heightPx: 100 } }),
      wrongSize: () => ({ request: { widthPx: 96, heightPx: 96 } }),
      manyPreviews: 'The server sends none.',
      unknownModel: 'The server has one model and draws with it whatever the name.',
      duplicateId: () => ({}),
      noImage: answering('no-image'),
      notAnImage: answering('not-an-image'),
      outOfMemory:
        'The server says the same of every failure; the supervised one is told apart by its output.',
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

describeBackendContract('openai, the dialect of sd-server', makeHarness)

import { describeBackendContract } from '../backend.contract.ts'
import type { BackendHarness, Situation } from '../contract-harness.ts'
import { requestWith } from '../openai/testing/run-request.ts'
import { createA1111Backend } from './a1111-backend.ts'
import type { A1111FakeMode } from './testing/a1111-fake.ts'
import { startA1111Fake } from './testing/a1111-fake.ts'

const size = { widthPx: 64, heightPx: 96 }

async function makeHarness(): Promise<BackendHarness> {
  const fake = await startA1111Fake()
  const backend = createA1111Backend({ baseUrl: fake.baseUrl, progressIntervalMs: 1 })
  const answering =
    (mode: A1111FakeMode): Situation =>
    () => {
      fake.mode = mode
      return {}
    }
  const unreachable: Situation = async () => {
    await fake.close()
    return {}
  }
  const before = new AbortController()
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
        const run = backend.generate(requestWith({ model: 'toy', ...size }), before.signal)
        void (async () => {
          for await (const _ of run);
        })().catch(() => undefined)
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
      before.abort()
      await backend.close()
      await fake.close()
    },
  }
}

describeBackendContract('a1111', makeHarness)

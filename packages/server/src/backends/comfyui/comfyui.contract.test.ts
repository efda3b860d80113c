import { describeBackendContract } from '../backend.contract.ts'
import { fakeSituations } from '../contract-fakes.ts'
import type { BackendHarness } from '../contract-harness.ts'
import { requestWith } from '../openai/testing/run-request.ts'
import { createComfyBackend } from './comfyui-backend.ts'
import type { ComfyFakeMode } from './testing/comfyui-fake.ts'
import { startComfyFake } from './testing/comfyui-fake.ts'
import { toyMapping, toyNodes, workflowFolder } from './testing/toy-workflow.ts'

const absent = {
  ...toyNodes,
  '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'absent.safetensors' } },
}
const size = { widthPx: 64, heightPx: 96 }

async function makeHarness(first: ComfyFakeMode = 'ok'): Promise<BackendHarness> {
  const fake = await startComfyFake(first)
  const { folder, remove } = workflowFolder({
    'toy.json': { ...toyNodes, darkroom: toyMapping },
    'absent.json': { ...absent, darkroom: toyMapping },
  })
  const backend = createComfyBackend({
    baseUrl: fake.baseUrl,
    workflowFolder: folder,
    poll: { withSocketMs: 50, withoutSocketMs: 10 },
  })
  const { answering, unreachable, occupy, release } = fakeSituations(fake)
  return {
    backend,
    model: 'toy.json',
    size,
    deterministic: true,
    situations: {
      running: () => {
        fake.mode = 'hang'
        return { reached: fake.waitForStarts(1), stopped: fake.waitForCancels(1) }
      },
      queued: async () => {
        fake.mode = 'hang'
        occupy(backend, requestWith({ model: 'toy.json', ...size }))
        await fake.waitForStarts(1)
        return { reached: fake.waitForJobs(2), stopped: fake.waitForCancels(1) }
      },
      invalidRequest: () => ({ request: { widthPx: 65_536 } }),
      impossibleSize: () => ({ request: { widthPx: 100 } }),
      wrongSize: answering('wrong-size'),
      manyPreviews: answering('many-previews'),
      unknownModel: () => ({ request: { model: 'absent.json' } }),
      duplicateId: () => ({}),
      noImage: answering('no-image'),
      notAnImage: answering('not-an-image'),
      outOfMemory: answering('out-of-memory'),
      crash: answering('crash'),
      unreachable,
      slowStart: answering('loading'),
      unhealthy: unreachable,
    },
    close: async () => {
      release()
      await backend.close()
      await fake.close()
      remove()
    },
  }
}

describeBackendContract('comfyui', () => makeHarness())

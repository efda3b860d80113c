import { describeBackendContract } from '../backend.contract.ts'
import type { BackendHarness, Situation } from '../contract-harness.ts'
import type { Dialect } from './dialect.ts'
import { localAIDialect, sglangDialect, vllmOmniDialect } from './dialects/diffusion.ts'
import { openAIDialect } from './dialects/openai.ts'
import { createOpenAIBackend } from './openai-backend.ts'
import type { OpenAIFakeMode } from './testing/fake-answers.ts'
import { startOpenAIFake } from './testing/openai-fake.ts'

async function makeHarness(model: string, dialect: Dialect = openAIDialect): Promise<BackendHarness> {
  const extensions = extensionsOf[dialect.name] ?? []
  const fake = await startOpenAIFake({ models: [model], extensions })
  const backend = createOpenAIBackend({ dialect, baseUrl: fake.baseUrl, apiKey: 'sk-contract' })
  const answering =
    (mode: OpenAIFakeMode): Situation =>
    () => {
      fake.mode = mode
      return {}
    }
  const unreachable: Situation = async () => {
    await fake.close()
    return {}
  }
  return {
    backend,
    model,
    size: { widthPx: 1024, heightPx: 1024 },
    deterministic: true,
    situations: {
      running: () => {
        fake.mode = 'hang'
        return { reached: fake.waitForCalls(1), stopped: fake.waitForAbandoned(1) }
      },
      queued: 'The API says nothing of a queue.',
      wrongSize: answering('wrong-size'),
      manyPreviews: 'OpenAI sends at most three partial pictures.',
      invalidRequest: answering('http-400'),
      impossibleSize: model.startsWith('gpt-')
        ? () => ({ request: { widthPx: 1000, heightPx: 1000 } })
        : 'a compatible server takes any size, or answers 400',
      unknownModel: () => ({ request: { model: `${model}-of-tomorrow` } }),
      duplicateId: () => ({}),
      noImage: answering('no-image'),
      notAnImage: answering('not-an-image'),
      outOfMemory: answering('out-of-memory'),
      crash: answering('reset'),
      unreachable,
      slowStart: answering('http-503'),
      unhealthy: unreachable,
    },
    close: async () => {
      await backend.close()
      await fake.close()
    },
  }
}

/** Fields beside OpenAI's, as the servers' own documentation names them; any other is refused by the fake. */
const extensionsOf: Readonly<Record<string, readonly string[]>> = {
  'vllm-omni': ['seed', 'negative_prompt', 'num_inference_steps'],
  sglang: ['seed', 'negative_prompt', 'num_inference_steps'],
  localai: ['seed', 'step', 'file', 'ref_images'],
}

describeBackendContract('openai, a model that streams', () => makeHarness('gpt-image-1'))
describeBackendContract('openai, a model of any size', () => makeHarness('gpt-image-2'))
describeBackendContract('openai, a compatible server', () => makeHarness('some-diffusion'))
describeBackendContract('vllm-omni', () => makeHarness('Qwen/Qwen-Image', vllmOmniDialect))
describeBackendContract('sglang', () => makeHarness('black-forest-labs/FLUX.1-dev', sglangDialect))
describeBackendContract('localai', () => makeHarness('stablediffusion', localAIDialect))

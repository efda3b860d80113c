import type { ImageModelV4 } from '@ai-sdk/provider'
import { APICallError } from '@ai-sdk/provider'
import { describe, expect, test } from 'vitest'
import { describeBackendContract } from '../backend.contract.ts'
import type { BackendHarness, Situation } from '../contract-harness.ts'
import { createCounter } from '../openai/testing/counter.ts'
import { eventsOf, failureOf } from '../openai/testing/run-request.ts'
import { testPng } from '../openai/testing/test-png.ts'
import { createAiSdkBackend } from './ai-sdk-backend.ts'

type Act = (options: Parameters<ImageModelV4['doGenerate']>[0]) => ReturnType<ImageModelV4['doGenerate']>

const size = { widthPx: 64, heightPx: 96 }
const response = { timestamp: new Date(0), modelId: 'toy', headers: undefined }

/** A provider's model, written against the AI SDK's own types. */
function toyModel(act: Act): ImageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'toy',
    modelId: 'toy-1',
    maxImagesPerCall: 1,
    doGenerate: (options) => act(options),
  }
}

const draws: Act = ({ prompt, size: asked, seed, files, mask }) => {
  const [widthPx = 0, heightPx = 0] = String(asked).split('x').map(Number)
  const text = JSON.stringify([prompt, seed, files?.length, mask === undefined])
  return Promise.resolve({
    images: [new Uint8Array(testPng(widthPx, heightPx, text))],
    warnings: [],
    response,
  })
}

const fails = (statusCode: number, message: string): Act => {
  const responseBody = JSON.stringify({ error: { message } })
  return () =>
    Promise.reject(
      new APICallError({
        message,
        url: 'https://toy.example',
        requestBodyValues: {},
        statusCode,
        responseBody,
      }),
    )
}

function makeHarness(): Promise<BackendHarness> {
  let act: Act = draws
  const calls = createCounter()
  const aborts = createCounter()
  const model = toyModel((options) => {
    calls.increment()
    return act(options)
  })
  const backend = createAiSdkBackend({ models: { toy: model } })
  const acting =
    (next: Act): Situation =>
    () => {
      act = next
      return {}
    }
  return Promise.resolve({
    backend,
    model: 'toy',
    size,
    deterministic: true,
    situations: {
      running: () => {
        act = ({ abortSignal }) =>
          new Promise((_resolve, reject) => {
            abortSignal?.addEventListener('abort', () => {
              aborts.increment()
              reject(new Error('aborted'))
            })
          })
        return { reached: calls.waitFor(1), stopped: aborts.waitFor(1) }
      },
      queued: 'A provider says nothing of its queue.',
      invalidRequest: acting(fails(400, 'Invalid prompt')),
      impossibleSize: acting(fails(422, 'Invalid size')),
      unknownModel: () => ({ request: { model: 'another' } }),
      duplicateId: () => ({}),
      noImage: acting(() => Promise.resolve({ images: [], warnings: [], response })),
      wrongSize: acting((options) => draws({ ...options, size: '72x96' })),
      manyPreviews: 'The AI SDK has none.',
      notAnImage: acting(() => Promise.resolve({ images: ['bm90IGEgcGljdHVyZQ=='], warnings: [], response })),
      outOfMemory: acting(fails(500, 'CUDA out of memory')),
      crash: acting(fails(502, 'Bad gateway')),
      unreachable: acting(() =>
        Promise.reject(Object.assign(new Error('Cannot connect'), { isRetryable: true })),
      ),
      slowStart: acting(fails(503, 'Model is loading')),
      unhealthy: 'A hosted provider is not asked how it is.',
    },
    close: () => backend.close(),
  })
}

describeBackendContract('aisdk', makeHarness)

describe('what the provider says', () => {
  test('comes back as warnings, and refused credentials name the configuration file', async () => {
    const warned: Act = async (options) => {
      const answer = await draws(options)
      return {
        ...answer,
        warnings: [{ type: 'unsupported', feature: 'seed', details: 'This model has none' }],
      }
    }
    const backend = createAiSdkBackend({ models: { toy: toyModel(warned) } })
    const done = (await eventsOf(backend, { model: 'toy', ...size })).at(-1)
    const sentence = 'The provider did not take seed into account. It said: This model has none.'
    expect(done).toMatchObject({ type: 'done', warnings: [sentence] })
    const refused = createAiSdkBackend({ models: { toy: toyModel(fails(401, 'No key')) } })
    const error = await failureOf(refused, { model: 'toy', ...size })
    expect(error).toMatchObject({
      code: 'backend_auth',
      message: expect.stringContaining('darkroom.config.ts'),
    })
  })

  test('a picture beyond the limit is refused', async () => {
    const backend = createAiSdkBackend({ models: { toy: toyModel(draws) }, maxBytes: 16 })
    expect(await failureOf(backend, { model: 'toy', ...size })).toMatchObject({ code: 'backend_bad_answer' })
  })
})

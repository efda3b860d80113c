import { expect, test } from 'vitest'
import { useTestPlatform } from './support/test-platform.ts'

/** What a picture cost, from the backend's own figures to the record, the explanation and the ledger. */

const platform = useTestPlatform({
  DARKROOM_MODELS: 'default=simulated-gpu:sim-1,free=simulated-gpu:sim-2,plain=sketch:sketch-1',
  DARKROOM_SIMULATED_GPU: 'spinUpMs=0,loadMs=0,stepMs=10,steps=4',
  DARKROOM_PRICES: 'default=2/s',
})

interface Image {
  status: string
  costUsd?: number
  gpuSeconds?: number
}

async function ask<T>(path: string, body?: object): Promise<T> {
  const init =
    body === undefined
      ? {}
      : {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }
  return (await (await platform.fetch(new Request(`http://127.0.0.1${path}`, init))).json()) as T
}

async function drawn(fields: object): Promise<{ id: string; image: Image }> {
  const { id, images } = await ask<{ id: string; images: Image[] }>('/v1/generations', {
    size: '64x64',
    ...fields,
  })
  const [image] = images
  if (image === undefined) throw new Error('no image')
  return { id, image }
}

async function generateSpan(id: string): Promise<{ how?: string; detail?: string } | undefined> {
  const { spans } = await ask<{ spans: { name: string; how: string; detail?: string }[] }>(
    `/v1/generations/${id}/explain`,
  )
  return spans.find(({ name }) => name === 'generate')
}

test('the record and its explanation say what the run cost, and the ledger what was spared', async () => {
  const first = await drawn({ prompt: 'a priced fox' })
  const { costUsd = 0, gpuSeconds = 0 } = first.image
  expect(gpuSeconds).toBeGreaterThan(0)
  expect(costUsd / gpuSeconds).toBeCloseTo(2, 9)
  const { detail = '' } = (await generateSpan(first.id)) ?? {}
  const [, seconds, usd] = /^([\d.]+) GPU seconds, ([\d.]+) USD$/u.exec(detail) ?? []
  expect(Number(seconds)).toBeCloseTo(gpuSeconds, 2)
  expect(Number(usd) / costUsd).toBeCloseTo(1, 1)

  const again = await drawn({ prompt: 'a priced fox' })
  expect(again.id).not.toBe(first.id)
  // Whoever asked first paid: the picture's cost is told, and not spent again.
  expect(again.image).toMatchObject({ costUsd, gpuSeconds })
  const { units } = await ask<{ units: { kind: string; axis: string; ranUsd: number; savedUsd: number }[] }>(
    '/v1/ledger?window=1h',
  )
  const generations = units.filter(({ kind }) => kind === 'generation')
  expect(generations.reduce((sum, { ranUsd }) => sum + ranUsd, 0)).toBeCloseTo(costUsd, 9)
  expect(generations.reduce((sum, { savedUsd }) => sum + savedUsd, 0)).toBeCloseTo(costUsd, 9)
})

test('without a price there is no cost, and without an accelerator there are no seconds of it', async () => {
  const unpriced = await drawn({ prompt: 'a free fox', model: 'free' })
  expect(unpriced.image).toMatchObject({ status: 'stored', gpuSeconds: expect.any(Number) })
  expect(unpriced.image).not.toHaveProperty('costUsd')
  expect((await generateSpan(unpriced.id))?.detail).toMatch(/^[\d.]+ GPU seconds$/u)
  const plain = await drawn({ prompt: 'a plain fox', model: 'plain' })
  // What draws in this process says so itself: nothing was paid.
  expect(plain.image).toMatchObject({ costUsd: 0 })
  expect(plain.image).not.toHaveProperty('gpuSeconds')
  expect(await generateSpan(plain.id)).toMatchObject({ detail: '0 USD' })
})

test('each of a batch has its share of the run', async () => {
  const { images } = await ask<{ images: Image[] }>('/v1/generations', {
    prompt: 'priced foxes',
    n: 3,
    size: '64x64',
  })
  for (const { costUsd = 0, gpuSeconds = 0 } of images) expect(costUsd / gpuSeconds).toBeCloseTo(2, 9)
})

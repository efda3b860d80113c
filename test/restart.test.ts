import { afterEach, describe, expect, test } from 'vitest'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import type { ServerProcess } from './support/server-process.ts'
import { bodyHash, cleanUp, makeDataDir, startServer, until } from './support/server-process.ts'

const dataDirs: string[] = []

afterEach(async () => {
  for (const dataDir of dataDirs.splice(0)) await cleanUp(dataDir)
})

async function newDataDir(): Promise<string> {
  const dataDir = await makeDataDir()
  dataDirs.push(dataDir)
  return dataDir
}

interface GenerationRecord {
  id: string
  status: string
  images: { id: string; url: string }[]
}

/** Accepts a request without waiting for it. @returns its id */
async function accept(server: ServerProcess): Promise<string> {
  const accepted = await fetch(`${server.url}/v1/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify({ prompt: 'a harbour', size: '256x192' }),
  })
  expect(accepted.status).toBe(202)
  return ((await accepted.json()) as GenerationRecord).id
}

/** The record once it is stored. */
async function stored(server: ServerProcess, id: string): Promise<GenerationRecord> {
  return await until(async () => {
    const found = (await (await fetch(`${server.url}/v1/generations/${id}`)).json()) as GenerationRecord
    return found.status === 'stored' ? found : undefined
  })
}

describe('a restart', () => {
  test('after kill -9 a stored picture is there without a second generation', async () => {
    const dataDir = await newDataDir()
    const fake = await startOpenAIFake()
    const environment = {
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
    }
    try {
      const before = await startServer({ dataDir, environment })
      const query = '/live/demo?prompt=a+harbour&size=256x192&format=jpeg'
      const first = await fetch(`${before.url}${query}`)
      expect(first.status).toBe(200)
      const firstHash = await bodyHash(first)
      await before.end('SIGKILL')

      const after = await startServer({ dataDir, environment })
      const again = await fetch(`${after.url}${query}`)
      expect(again.headers.get('x-cache-status')).toBe('MISS')
      expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
      expect(await bodyHash(again)).toBe(firstHash)
      expect(fake.calls).toHaveLength(1)
      expect(await after.end('SIGTERM')).toBe(0)
    } finally {
      await fake.close()
    }
  })

  test('a job that was accepted before kill -9 in mid-generation is done after it', async () => {
    const dataDir = await newDataDir()
    const fake = await startOpenAIFake({ mode: 'hang' })
    const environment = {
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
    }
    try {
      const before = await startServer({ dataDir, environment })
      const id = await accept(before)
      await fake.waitForCalls(1)
      await before.end('SIGKILL')
      fake.mode = 'ok'

      const after = await startServer({ dataDir, environment })
      const record = await stored(after, id)
      expect(fake.calls).toHaveLength(2)
      expect((await fetch(`${after.url}${record.images[0]?.url}`)).status).toBe(200)
      await after.end('SIGTERM')
    } finally {
      await fake.close()
    }
  })

  test('a stop hands running work back and exits 0; the next start does it', async () => {
    const dataDir = await newDataDir()
    const fake = await startOpenAIFake({ mode: 'hang' })
    const environment = {
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
      DARKROOM_DRAIN_S: '0',
    }
    try {
      const before = await startServer({ dataDir, environment })
      const id = await accept(before)
      await fake.waitForCalls(1)
      expect(await before.end('SIGINT')).toBe(0)
      fake.mode = 'ok'
      const after = await startServer({ dataDir, environment })
      await stored(after, id)
      await after.end('SIGTERM')
    } finally {
      await fake.close()
    }
  })

  test('a second server on the same data folder says that it is in use', async () => {
    const dataDir = await newDataDir()
    const first = await startServer({ dataDir })
    await expect(startServer({ dataDir })).rejects.toThrow(/in use/u)
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
    expect(await first.end('SIGTERM')).toBe(0)
  })
})

import { Agent, get } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import type { ServerProcess } from './support/server-process.ts'
import { makeDataDir, removeDataDir, startServer } from './support/server-process.ts'

let fake: OpenAIFake
let server: ServerProcess
let dataDir: string

beforeAll(async () => {
  fake = await startOpenAIFake({ delayMs: 1000 })
  dataDir = await makeDataDir()
  server = await startServer({
    dataDir,
    environment: {
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
    },
  })
})

afterAll(async () => {
  await server.end('SIGTERM')
  await fake.close()
  await removeDataDir(dataDir)
})

/** One GET on a socket of its own, as `<img>` tags of many readers are; `hangUp` cuts it without waiting. */
function fetchOnce(url: string, hangUp: boolean): Promise<{ status: number; etag: string } | 'hung up'> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: new Agent({ keepAlive: false }) }, (response) => {
      response.resume()
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, etag: response.headers.etag ?? '' }),
      )
    })
    request.on('error', (error) => (hangUp ? resolve('hung up') : reject(error)))
    if (hangUp)
      request.on('socket', (socket) => socket.once('connect', () => setTimeout(() => request.destroy(), 200)))
  })
}

describe('a stampede', () => {
  test('1,000 identical requests at once, 100 of them hanging up half way, make one call of the backend', async () => {
    const url = `${server.url}/live/demo?prompt=a+stampede&size=256x256&format=jpeg`
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => fetchOnce(url, index % 10 === 0)),
    )
    const answered = answers.filter((answer) => answer !== 'hung up')
    expect(answered).toHaveLength(900)
    expect(new Set(answered.map((answer) => answer.status))).toEqual(new Set([200]))
    expect(new Set(answered.map((answer) => answer.etag)).size).toBe(1)
    expect(fake.calls).toHaveLength(1)
  })

  test('when everyone has hung up, the picture is made all the same, once', async () => {
    const calls = fake.calls.length
    const url = `${server.url}/live/demo?prompt=nobody+waits&size=256x256&format=jpeg`
    await Promise.all(Array.from({ length: 20 }, () => fetchOnce(url, true)))
    const answer = await fetchOnce(url, false)
    expect(answer).toMatchObject({ status: 200 })
    expect(fake.calls).toHaveLength(calls + 1)
  })

  test('a refusal is shared too: those who wait do not each ask for it again', async () => {
    const calls = fake.calls.length
    fake.mode = 'content-policy'
    const url = `${server.url}/live/demo?prompt=refused&size=256x256&format=jpeg`
    const answers = await Promise.all(Array.from({ length: 100 }, () => fetchOnce(url, false)))
    fake.mode = 'ok'
    expect(new Set(answers.map((answer) => (answer === 'hung up' ? 0 : answer.status)))).toEqual(
      new Set([451]),
    )
    expect(fake.calls).toHaveLength(calls + 1)
  })
})

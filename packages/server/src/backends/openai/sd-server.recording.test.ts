import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { expect, test } from 'vitest'
import type { BackendEvent } from '../backend.ts'
import { createA1111Backend } from '../a1111/a1111-backend.ts'
import { currentModel } from '../a1111/a1111-request.ts'
import type { JsonAsk, JsonServer } from '../wire/testing/json-server.ts'
import { sendJson, startJsonServer } from '../wire/testing/json-server.ts'
import { sdServerDialect } from './dialects/sd-server.ts'
import { createOpenAIBackend } from './openai-backend.ts'
import { eventsOf, failureOf } from './testing/run-request.ts'

interface Recording {
  exchanges: { name: string; req: { method: string; path: string }; res: { status: number; body: unknown } }[]
}

const path = [join(import.meta.dirname, '../../../../../../shared/fixtures', 'sd-server.json')].find((each) =>
  existsSync(each),
)

/** A real server that answers each route as it was recorded, and keeps what it was asked. */
async function replay(
  context: TestContext,
  names: readonly string[],
): Promise<JsonServer & { asks: JsonAsk[] }> {
  if (path === undefined) return context.skip('the recordings are not on this machine')
  const { exchanges } = JSON.parse(readFileSync(path, 'utf8')) as Recording
  const asks: JsonAsk[] = []
  const server = await startJsonServer((ask, response) => {
    asks.push(ask)
    const found = exchanges.find(
      ({ name, req }) => names.includes(name) && ask.route === `${req.method} ${req.path}`,
    )
    if (found === undefined) sendJson(response, 404, {})
    else if (found.res.body === '') response.writeHead(found.res.status).end()
    else sendJson(response, found.res.status, found.res.body)
  })
  return { ...server, asks }
}

const ask = { model: 'sd-cpp-local', prompt: 'a cat', widthPx: 64, heightPx: 64, steps: 1, seed: 42 }

function imageOf(events: readonly BackendEvent[]): number {
  const image = events.find((event) => event.type === 'image')
  expect(image?.mediaType).toBe('image/png')
  return image?.bytes.byteLength ?? 0
}

test('sd-server, its OpenAI routes: our arguments ride in the prompt, the picture comes out', async (context) => {
  const server = await replay(context, ['openai-ok', 'openai-models'])
  const backend = createOpenAIBackend({ dialect: sdServerDialect, baseUrl: `${server.origin}/v1` })
  try {
    expect(await backend.health()).toEqual({ state: 'ready' })
    expect(imageOf(await eventsOf(backend, ask))).toBeGreaterThan(8000)
    const prompt = String(server.asks.at(-1)?.body['prompt'])
    const [, args = ''] = /^a cat<sd_cpp_extra_args>(.*)<\/sd_cpp_extra_args>$/u.exec(prompt) ?? []
    expect(JSON.parse(args)).toEqual({
      seed: 42,
      embed_image_metadata: false,
      sample_params: { sample_steps: 1 },
    })
  } finally {
    await backend.close()
    await server.close()
  }
})

test('sd-server, its errors are a string', async (context) => {
  const server = await replay(context, ['openai-empty'])
  const backend = createOpenAIBackend({ dialect: sdServerDialect, baseUrl: `${server.origin}/v1` })
  const error = await failureOf(backend, { ...ask, prompt: '' })
  expect(error).toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('prompt required'),
  })
  await server.close()
})

test('sd-server, its A1111 routes: without progress, with the seed it drew', async (context) => {
  const server = await replay(context, ['a1111-ok', 'get /sdapi/v1/progress', 'get /sdapi/v1/options'])
  const backend = createA1111Backend({ baseUrl: server.origin, progressIntervalMs: 1 })
  try {
    expect(await backend.health()).toEqual({ state: 'ready' })
    const events = await eventsOf(backend, { ...ask, model: currentModel, seed: 5 })
    expect(imageOf(events)).toBeGreaterThan(8000)
    expect(events.at(-1)).toMatchObject({ type: 'done', warnings: [] })
    const other = await eventsOf(backend, { ...ask, model: currentModel, seed: 6 })
    expect(other.at(-1)).toMatchObject({ warnings: [expect.stringContaining('the seed 5')] })
  } finally {
    await backend.close()
    await server.close()
  }
})

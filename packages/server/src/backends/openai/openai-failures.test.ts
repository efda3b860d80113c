import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Backend, RetryAdvice } from '../backend.ts'
import type { ErrorCode } from '../../errors.ts'
import { createOpenAIBackend } from './openai-backend.ts'
import type { OpenAIFakeMode } from './testing/fake-answers.ts'
import type { OpenAIFake } from './testing/openai-fake.ts'
import { startOpenAIFake } from './testing/openai-fake.ts'
import { eventsOf, failureOf } from './testing/run-request.ts'
import { testPng } from './testing/test-png.ts'

const key = 'sk-proj-abcdefghijklmnop-SECRET'

let fake: OpenAIFake
let backend: Backend

beforeEach(async () => {
  fake = await startOpenAIFake({ retryAfterS: 7 })
  backend = createOpenAIBackend({ baseUrl: fake.baseUrl, apiKey: key, maxBytes: 4 * 1024 * 1024 })
})

afterEach(async () => {
  await backend.close()
  await fake.close()
})

type Row = [OpenAIFakeMode, ErrorCode, RetryAdvice, number?]

const rows: Row[] = [
  ['http-400', 'invalid_request', 'never'],
  ['string-error', 'invalid_request', 'never'],
  ['content-policy', 'moderated', 'never'],
  ['http-401', 'backend_auth', 'never'],
  ['http-403', 'backend_auth', 'never'],
  ['http-404', 'backend_failed', 'never'],
  ['model-not-found', 'backend_failed', 'never'],
  ['http-408', 'backend_timeout', 'same'],
  ['http-409', 'backend_failed', 'same'],
  ['http-413', 'invalid_request', 'never'],
  ['http-422', 'unsupported_by_backend', 'never'],
  ['http-429', 'backend_busy', 'same', 7],
  ['quota', 'backend_failed', 'never'],
  ['http-500', 'backend_failed', 'same'],
  ['out-of-memory', 'backend_out_of_memory', 'smaller'],
  ['http-501', 'backend_failed', 'never'],
  ['http-502', 'backend_unavailable', 'same'],
  ['http-503', 'backend_unavailable', 'same', 7],
  ['http-504', 'backend_timeout', 'same'],
  ['redirect', 'backend_bad_answer', 'never'],
  ['html', 'backend_bad_answer', 'never'],
  ['not-json', 'backend_bad_answer', 'never'],
  ['endless', 'backend_bad_answer', 'never'],
  ['no-image', 'backend_bad_answer', 'never'],
  ['not-an-image', 'backend_bad_answer', 'never'],
  ['url-elsewhere', 'backend_bad_answer', 'never'],
  ['reset', 'backend_unavailable', 'same'],
  ['stream-cut', 'backend_unavailable', 'same'],
  ['stream-error', 'backend_failed', 'same'],
  ['key-echo', 'backend_failed', 'same'],
]

describe('an answer becomes an error with advice', () => {
  test.each(rows)('%s: %s, retry %s', async (mode, code, retry, retryAfterS) => {
    fake.mode = mode
    const error = await failureOf(backend, { model: 'some-diffusion' })
    expect({ code: error.code, retry: error.retry, retryAfterS: error.retryAfterS }).toEqual({
      code,
      retry,
      retryAfterS,
    })
    // One request each, whatever the answer was: the queue repeats, not the adapter.
    expect(fake.calls).toHaveLength(1)
    expect(error.message).toMatch(/^The (?:model server|account)\P{Cc}{10,400}[.…]$/u)
    expect(error.message).not.toMatch(/<|stack trace|10\.0\.0\.7/u)
  })

  test.each(rows.map(([mode]) => mode))('%s: the key is in no error', async (mode) => {
    fake.mode = mode
    for (const model of ['some-diffusion', 'gpt-image-1']) {
      const error = await failureOf(backend, { model })
      expect(inspect(error, { depth: 20, showHidden: true, getters: true })).not.toMatch(/SECRET|abcdefgh/u)
    }
  })

  test('the server’s own words are passed on where they help', async () => {
    fake.mode = 'http-400'
    expect((await failureOf(backend)).message).toBe(
      'The model server refused the request (400). It said: The fake answers 400.',
    )
  })
})

describe('what is not sent at all', () => {
  test.each([
    ['gpt-image-1', 1024, 768, '1024x1024, 1536x1024, 1024x1536'],
    ['gpt-image-1.5', 512, 512, '1024x1024, 1536x1024, 1024x1536'],
    ['gpt-image-2', 1000, 1000, 'multiples of 16'],
    ['gpt-image-2.5-flare', 3072, 512, '3:1'],
    ['gpt-image-2', 4096, 2048, '3840'],
    ['gpt-image-2', 512, 512, '655360'],
    ['dall-e-3', 1536, 1024, '1024x1024, 1792x1024, 1024x1792'],
    ['dall-e-2', 768, 768, '256x256, 512x512, 1024x1024'],
  ])('%s at %ix%i names what can be asked for', async (model, widthPx, heightPx, named) => {
    const error = await failureOf(backend, { model, widthPx, heightPx })
    expect(error).toMatchObject({ code: 'unsupported_by_backend', retry: 'never' })
    expect(error.message).toContain(named)
    expect(fake.calls).toEqual([])
  })

  test('a prompt longer than the model takes', async () => {
    const error = await failureOf(backend, { model: 'dall-e-2', prompt: 'x'.repeat(1001) })
    expect(error).toMatchObject({ code: 'unsupported_by_backend', message: expect.stringContaining('1000') })
  })

  test.each([
    ['https://api.openai.com/v1', undefined, 'backend_auth', 'set OPENAI_API_KEY'],
    ['http://user:pass@127.0.0.1:9/v1', key, 'backend_auth', 'OPENAI_BASE_URL'],
    ['http://127.0.0.1:9/v1', 'sk-line\nbreak', 'backend_auth', 'OPENAI_API_KEY'],
    ['ftp://127.0.0.1/v1', key, 'backend_failed', 'OPENAI_BASE_URL'],
    ['nonsense', key, 'backend_failed', 'OPENAI_BASE_URL'],
  ])('to %s', async (baseUrl, apiKey, code, named) => {
    const sent: string[] = []
    const misconfigured = createOpenAIBackend({
      baseUrl,
      apiKey,
      fetch: (url) => {
        sent.push(url.href)
        return Promise.reject(new Error('must not be called'))
      },
    })
    const error = await failureOf(misconfigured)
    expect(error).toMatchObject({ code, retry: 'never', message: expect.stringContaining(named) })
    expect(await misconfigured.health()).toEqual({ state: 'failed', reason: error.message })
    expect(sent).toEqual([])
  })
})

/** The head of a JSON answer that says so of its length. */
function jsonHead(contentLength: number | string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${contentLength}\r\n\r\n`
}

describe('the network', () => {
  /** A server that speaks something else; closed with its connections. */
  async function withRawServer(reply: string, use: (baseUrl: string) => Promise<void>): Promise<void> {
    const server: Server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(reply))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`)
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  }

  test.each(['our own fetch', 'the global fetch'])(
    'a refused connection is backend_unavailable (%s)',
    async (which) => {
      const { baseUrl } = fake
      await fake.close()
      const fetch = which === 'the global fetch' ? globalThis.fetch : undefined
      const error = await failureOf(createOpenAIBackend({ baseUrl, apiKey: key, fetch }))
      expect(error).toMatchObject({ code: 'backend_unavailable', retry: 'same' })
      expect(error.message).toContain('ECONNREFUSED')
      expect(error.message).not.toContain('127.0.0.1')
    },
  )

  test('a name that does not exist is backend_unavailable', async () => {
    const error = await failureOf(createOpenAIBackend({ baseUrl: 'http://nowhere.invalid/v1' }))
    expect(error).toMatchObject({ code: 'backend_unavailable', retry: 'same' })
  })

  test.each([
    ['something else than HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'backend_bad_answer'],
    ['a status that is none', 'HTTP/1.1 799 Odd\r\ncontent-length: 0\r\n\r\n', 'backend_bad_answer'],
    ['a connection closed at once', '', 'backend_unavailable'],
    ['more bytes promised than sent', `${jsonHead(1000)}{"data": []}`, 'backend_unavailable'],
    ['fewer bytes promised than sent', `${jsonHead(5)}{"data": []}`, 'backend_bad_answer'],
    ['a length that is no number', `${jsonHead('many')}{"data": []}`, 'backend_bad_answer'],
  ])('%s', async (_what, reply, code) => {
    await withRawServer(reply, async (baseUrl) => {
      expect(await failureOf(createOpenAIBackend({ baseUrl, apiKey: key }))).toMatchObject({ code })
    })
  })

  test('an answer that is sent twice is one picture', async () => {
    const b64_json = testPng(64, 64, 'twice').toString('base64')
    const body = JSON.stringify({ data: [{ b64_json }] })
    const answer = `${jsonHead(body.length)}${body}`
    await withRawServer(answer + answer, async (baseUrl) => {
      const events = await eventsOf(createOpenAIBackend({ baseUrl }), { model: 'some-diffusion' })
      expect(events.map(({ type }) => type)).toEqual(['started', 'image', 'done'])
    })
  })

  test('a server that takes longer than the limit is backend_timeout, and is left', async () => {
    fake.mode = 'hang'
    const impatient = createOpenAIBackend({ baseUrl: fake.baseUrl, timeoutMs: 100 })
    expect(await failureOf(impatient)).toMatchObject({ code: 'backend_timeout', retry: 'same' })
    await fake.waitForAbandoned(1)
  })

  test('a stream that stops in the middle is backend_timeout as well', async () => {
    fake.mode = 'stream-hang'
    const impatient = createOpenAIBackend({ baseUrl: fake.baseUrl, timeoutMs: 500 })
    expect(await failureOf(impatient)).toMatchObject({ code: 'backend_timeout', retry: 'same' })
  })

  test('an answer that is not read to its end is left', async () => {
    for (const [index, mode] of (['html-endless', 'endless'] as const).entries()) {
      fake.mode = mode
      expect(await failureOf(backend)).toMatchObject({ code: 'backend_bad_answer' })
      await fake.waitForAbandoned(index + 1)
    }
  })

  test('an error of our own is not dressed up as one of the server', async () => {
    const fault = new TypeError('a programming error')
    const broken = createOpenAIBackend({ baseUrl: fake.baseUrl, fetch: () => Promise.reject(fault) })
    await expect(eventsOf(broken)).rejects.toBe(fault)
  })
})

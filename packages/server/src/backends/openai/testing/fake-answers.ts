import type { ServerResponse } from 'node:http'
import { testPng } from './test-png.ts'

/** How the fake answers. Everything but `ok`, `stream` and `json` is a fault or a lie. */
export type OpenAIFakeMode =
  /** As asked: one JSON object, or a stream when `stream` is true. */
  | 'ok'
  /** A stream, whether asked for or not. */
  | 'stream'
  /** One JSON object, whether a stream was asked for or not. */
  | 'json'
  /** 16 pixels wider than asked. */
  | 'wrong-size'
  /** A picture that ends in the middle. */
  | 'truncated-image'
  | 'not-an-image'
  | 'no-image'
  /** The picture behind an address on the fake itself. */
  | 'url'
  /** The picture behind an address on another port. */
  | 'url-elsewhere'
  | 'data-url'
  | 'html'
  /** A web page that never ends. */
  | 'html-endless'
  | 'not-json'
  /** A JSON answer that never ends. */
  | 'endless'
  /** Answers nothing until the client leaves. */
  | 'hang'
  /** A stream that sends its previews and then nothing, until the client leaves. */
  | 'stream-hang'
  /** Half an answer, then the connection is destroyed. */
  | 'reset'
  /** A stream that ends well before the picture came. */
  | 'stream-cut'
  | 'stream-error'
  | 'redirect'
  | 'out-of-memory'
  | 'content-policy'
  | 'quota'
  /** The refusal quotes the key, as OpenAI's does. */
  | 'http-401'
  /** An error that quotes the whole Authorization header. */
  | 'key-echo'
  /** The error body of stable-diffusion.cpp: a string. */
  | 'string-error'
  | 'model-not-found'
  | `http-${400 | 403 | 404 | 408 | 409 | 413 | 422 | 429 | 500 | 501 | 502 | 503 | 504}`

/** What an answer is made of. */
export interface FakeAsk {
  mode: OpenAIFakeMode
  prompt: string
  /** Asked by `/images/edits`, whose events have other names. */
  edit: boolean
  widthPx: number
  heightPx: number
  stream: boolean
  partialImages: number
  authorization: string
  /** The fake's own origin. */
  origin: string
  retryAfterS: number
}

interface JsonFault {
  status: number
  error: unknown
}

function errorBody(message: string, type: string, code: string | null, param: string | null = null): object {
  return { message, type, param, code }
}

/** OpenAI's own wording where it is known, so that reading it is tested on the real shape. */
function faultOf(ask: FakeAsk): JsonFault | undefined {
  const { mode } = ask
  const named: Partial<Record<OpenAIFakeMode, JsonFault>> = {
    'content-policy': {
      status: 400,
      error: errorBody(
        'Your request was rejected by the safety system.',
        'image_generation_user_error',
        'moderation_blocked',
      ),
    },
    quota: {
      status: 429,
      error: errorBody('You exceeded your current quota.', 'insufficient_quota', 'insufficient_quota'),
    },
    'http-401': {
      status: 401,
      error: errorBody(
        `Incorrect API key provided: ${ask.authorization.slice('Bearer '.length)}.`,
        'invalid_request_error',
        'invalid_api_key',
      ),
    },
    'key-echo': {
      status: 500,
      error: errorBody(`Cannot use header "${ask.authorization}" here`, 'server_error', null),
    },
    'string-error': { status: 400, error: 'prompt required' },
    'model-not-found': {
      status: 404,
      error: errorBody('The model does not exist.', 'invalid_request_error', 'model_not_found', 'model'),
    },
    'out-of-memory': {
      status: 500,
      error: errorBody('CUDA out of memory. Tried to allocate 2.00 GiB.', 'server_error', null),
    },
  }
  const status = Number(/^http-(\d{3})$/u.exec(mode)?.[1] ?? Number.NaN)
  if (named[mode] !== undefined || Number.isNaN(status)) return named[mode]
  return {
    status,
    error: errorBody(
      `The fake answers ${status}.`,
      status < 500 ? 'invalid_request_error' : 'server_error',
      null,
    ),
  }
}

/** Writes the answer; the modes that hang leave it open. */
export function answer(response: ServerResponse, ask: FakeAsk): void {
  const fault = faultOf(ask)
  if (fault !== undefined) {
    const retryable = fault.status === 429 || fault.status === 503
    const headers = retryable ? { 'retry-after': String(ask.retryAfterS) } : {}
    return json(response, fault.status, { error: fault.error }, headers)
  }
  const special = specialAnswers[ask.mode]
  if (special !== undefined) return special(response, ask)
  const streams = ask.mode.startsWith('stream') || (ask.stream && ask.mode !== 'json')
  if (streams) streamed(response, ask)
  else json(response, 200, { created: createdAt, data: [itemOf(ask)] })
}

/** Fixed, so that equal requests get equal answers. */
const createdAt = 1_790_000_000

const specialAnswers: Partial<Record<OpenAIFakeMode, (response: ServerResponse, ask: FakeAsk) => void>> = {
  hang: () => {},
  html: (response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end('<!doctype html><title>Welcome</title><h1>Secret stack trace at 10.0.0.7</h1>')
  },
  'not-json': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"created": 1, "data": [')
  },
  'html-endless': (response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.write('<!doctype html>')
  },
  endless: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const filler = Buffer.alloc(64 * 1024, 0x20)
    const fill = (): void => {
      while (!response.destroyed && response.write(filler));
    }
    response.on('drain', fill)
    fill()
  },
  reset: (response, ask) => {
    const body = JSON.stringify({ created: createdAt, data: [itemOf(ask)] })
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    response.write(body.slice(0, Math.floor(body.length / 2)), () => response.socket?.destroy())
  },
  redirect: (response) => {
    response.writeHead(302, { location: 'http://127.0.0.1:9/elsewhere' })
    response.end()
  },
}

/** One entry of `data`. */
function itemOf(ask: FakeAsk): object {
  const { mode, origin } = ask
  if (mode === 'no-image') return {}
  const png = pictureOf(ask)
  if (mode === 'url') return { url: `${origin}/pictures/${picturePath(ask)}` }
  if (mode === 'url-elsewhere') return { url: 'http://127.0.0.1:9/internal.png' }
  const b64_json = png.toString('base64')
  return mode === 'data-url' ? { url: `data:image/png;base64,${b64_json}` } : { b64_json }
}

function pictureOf({ mode, widthPx, heightPx, prompt }: FakeAsk): Buffer {
  if (mode === 'not-an-image') return Buffer.from('this is no picture, whatever its name says')
  if (mode === 'wrong-size') return testPng(widthPx + 16, heightPx, prompt)
  const png = testPng(widthPx, heightPx, prompt)
  return mode === 'truncated-image' ? png.subarray(0, Math.floor(png.byteLength / 2)) : png
}

function picturePath({ widthPx, heightPx, prompt }: FakeAsk): string {
  return `${widthPx}/${heightPx}/${encodeURIComponent(prompt)}`
}

/** Answers an address that the mode `url` gave out; `false` for any other. */
export function answerPicture(response: ServerResponse, pathname: string): boolean {
  const [, widthPx, heightPx, prompt] = /^\/pictures\/(\d+)\/(\d+)\/(.+)$/u.exec(pathname) ?? []
  if (prompt === undefined) return false
  response.writeHead(200, { 'content-type': 'image/png' })
  response.end(testPng(Number(widthPx), Number(heightPx), decodeURIComponent(prompt)))
  return true
}

/** The events of OpenAI's stream: partial pictures (duller ones first), then the final one. */
function streamed(response: ServerResponse, ask: FakeAsk): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  const size = `${ask.widthPx}x${ask.heightPx}`
  const kind = ask.edit ? 'image_edit' : 'image_generation'
  const common = { created_at: createdAt, size, quality: 'high', background: 'opaque', output_format: 'png' }
  for (let index = 0; index < ask.partialImages; index += 1) {
    const b64_json = testPng(ask.widthPx, ask.heightPx, `${ask.prompt} (partial ${index})`).toString('base64')
    const type = `${kind}.partial_image`
    event(response, { type, b64_json, ...common, partial_image_index: index })
  }
  if (ask.mode === 'stream-hang') return
  if (ask.mode === 'stream-error') {
    const error = errorBody('The server had an error.', 'server_error', null)
    event(response, { type: 'error', error })
  } else if (ask.mode !== 'stream-cut') {
    const usage = {
      total_tokens: 4200,
      input_tokens: 40,
      output_tokens: 4160,
      input_tokens_details: { text_tokens: 40, image_tokens: 0 },
    }
    event(response, { type: `${kind}.completed`, ...itemOf(ask), ...common, usage })
  }
  response.end()
}

function event(response: ServerResponse, body: { type: string } & Record<string, unknown>): void {
  response.write(`event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`)
}

/** Writes a JSON answer. */
export function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

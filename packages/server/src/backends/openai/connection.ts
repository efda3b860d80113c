import { BackendError } from '../backend.ts'
import { answerError, retryAfterSeconds, wireFaultOf } from './answer-error.ts'
import { bodyStart } from './bounded-body.ts'
import type { Fetch } from './node-fetch.ts'

/** Error bodies are short; of a longer one only this much is looked at. */
const maxErrorBytes = 64 * 1024

/** One model server: its address and key, and how to speak to it. */
export interface Connection {
  /** The key, to be kept out of every message. */
  readonly secret: string | undefined
  /** Why no request may be sent at all, e.g. a missing key; found when the adapter is made. */
  readonly fault: BackendError | undefined
  post(path: string, body: unknown, signal: AbortSignal, id: string): Promise<Response>
  get(path: string, signal: AbortSignal): Promise<Response>
  /** A picture's address in an answer, resolved; `undefined` where it must not be fetched. */
  sameOrigin(address: string): URL | undefined
  fetchPicture(url: URL, signal: AbortSignal): Promise<Response>
  /** The error of an answer that is no success; reads its body. */
  errorOf(response: Response): Promise<BackendError>
}

/** @param options.baseUrl with its version path, e.g. `https://api.openai.com/v1` */
export function createConnection(options: {
  baseUrl: string
  apiKey: string | undefined
  fetch: Fetch
  now: () => number
}): Connection {
  const { apiKey, fetch, now } = options
  const base = URL.canParse(options.baseUrl) ? new URL(options.baseUrl) : undefined
  const fault = connectionFault(base, apiKey)
  const addressOf = (path: string): URL => endpoint(base ?? new URL('http://localhost'), path)
  const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  const get = (url: URL, accept: string, signal: AbortSignal): Promise<Response> =>
    fetch(url, { method: 'GET', headers: { ...headers, accept }, signal, redirect: 'manual' })
  return {
    secret: apiKey,
    fault,
    post: (path, body, signal, id) =>
      fetch(addressOf(path), {
        method: 'POST',
        headers: {
          ...headers,
          accept: 'text/event-stream, application/json',
          'content-type': 'application/json',
          // Shows up in OpenAI's logs and support answers (API reference, "Debugging requests").
          'x-client-request-id': id.replaceAll(/[^\x21-\x7e]/gu, '_').slice(0, 512),
        },
        body: JSON.stringify(body),
        signal,
        redirect: 'manual',
      }),
    get: (path, signal) => get(addressOf(path), 'application/json', signal),
    sameOrigin: (address) => sameOriginAs(base, address),
    fetchPicture: (url, signal) => get(url, 'image/png, image/jpeg, image/webp', signal),
    async errorOf(response) {
      const text = await bodyStart(response, maxErrorBytes)
      const retryAfterS = retryAfterSeconds(response.headers.get('retry-after'), now())
      return answerError(response.status, wireFaultOf(jsonOrUndefined(text), apiKey), retryAfterS)
    },
  }
}

/** Parses JSON; `undefined` for what is none. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Keeps the query of the base URL: some gateways want `?api-version=…` on every route. */
function endpoint(base: URL, path: string): URL {
  const url = new URL(base)
  url.pathname = base.pathname.replace(/\/+$/u, '') + path
  return url
}

function connectionFault(base: URL | undefined, apiKey: string | undefined): BackendError | undefined {
  const refuse = (message: string): BackendError =>
    new BackendError('backend_auth', message, { retry: 'never' })
  if (base === undefined || !/^https?:$/u.test(base.protocol)) {
    return new BackendError('backend_failed', 'OPENAI_BASE_URL must be an http:// or https:// URL.', {
      retry: 'never',
    })
  }
  if (base.username !== '' || base.password !== '') {
    return refuse('OPENAI_BASE_URL must not hold a user name or password: use OPENAI_API_KEY.')
  }
  if (apiKey === undefined && isOpenAI(base)) return refuse('OpenAI needs a key: set OPENAI_API_KEY.')
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/u.test(apiKey)) {
    return refuse('OPENAI_API_KEY has characters that no key has: copy it again.')
  }
  return undefined
}

/** OpenAI's own servers, its regional ones included. */
function isOpenAI(base: URL): boolean {
  return base.hostname === 'api.openai.com' || base.hostname.endsWith('.api.openai.com')
}

/**
 * An address in an answer is fetched from the model server's own origin only. A server that lies, or one that was
 * taken over, could otherwise make us read from inside this network; OpenAI itself sends bytes, since we ask for
 * them. Other origins can be let in when the outbound guard exists.
 */
function sameOriginAs(base: URL | undefined, address: string): URL | undefined {
  if (base === undefined || !URL.canParse(address, base)) return undefined
  const url = new URL(address, base)
  return url.origin === base.origin && url.username === '' && url.password === '' ? url : undefined
}

import { BackendError } from '../backend.ts'
import { answerError, retryAfterSeconds, wireFaultOf } from './answer-error.ts'
import { bodyStart, boundedBytes } from './bounded-body.ts'
import type { Fetch } from './node-fetch.ts'
import { nodeFetch } from './node-fetch.ts'
import type { ServerNames } from './server-names.ts'

/** Error bodies are short; of a longer one only this much is looked at. */
const maxErrorBytes = 64 * 1024

/** What is sent besides the path. */
export interface Sent {
  method?: 'GET' | 'POST' | 'PUT'
  /** Sent as JSON. */
  json?: unknown
  /** Sent as multipart/form-data. */
  form?: FormData
  accept?: string
  headers?: Readonly<Record<string, string>>
  signal: AbortSignal
}

/** One model server: its address and key, and how to speak to it. */
export interface Connection {
  /** The variables of this server, for errors. */
  readonly names: ServerNames
  /** The key, to be kept out of every message. */
  readonly secret: string | undefined
  /** Why no request may be sent at all, e.g. a missing key; found when the adapter is made. */
  readonly fault: BackendError | undefined
  /** One request, never repeated. */
  send(path: string, sent: Sent): Promise<Response>
  /** The JSON of an answer that is a success. @throws BackendError for any other, HTML pages included */
  json(response: Response, maxBytes: number): Promise<unknown>
  /** The address of a path, e.g. for a WebSocket. */
  addressOf(path: string): URL
  /** A picture's address in an answer, resolved; `undefined` where it must not be fetched. */
  sameOrigin(address: string): URL | undefined
  fetchPicture(url: URL, signal: AbortSignal): Promise<Response>
  /** The error of an answer that is no success; reads its body. */
  errorOf(response: Response): Promise<BackendError>
}

/** What a connection is made of. */
export interface ConnectionOptions {
  /** With its version path where it has one, e.g. `https://api.openai.com/v1`. */
  baseUrl: string
  /** Sent as a bearer token, or as basic authentication where it is `user:password` and `basic` is set. */
  apiKey?: string | undefined
  basic?: boolean
  names: ServerNames
  fetch?: Fetch | undefined
  now?: (() => number) | undefined
}

/** @param options.baseUrl an http(s) URL; whatever is wrong with it is in `fault`, so that making one never throws */
export function createConnection(options: ConnectionOptions): Connection {
  const { apiKey, names, fetch = nodeFetch, now = Date.now } = options
  const base = URL.canParse(options.baseUrl) ? new URL(options.baseUrl) : undefined
  const addressOf = (path: string): URL => endpoint(base ?? new URL('http://localhost'), path)
  const headers = authorization(apiKey, options.basic ?? false)
  const errorOf = async (response: Response): Promise<BackendError> => {
    const text = await bodyStart(response, maxErrorBytes)
    const retryAfterS = retryAfterSeconds(response.headers.get('retry-after'), now())
    return answerError(response.status, wireFaultOf(jsonOrUndefined(text), apiKey), retryAfterS, names)
  }
  return {
    names,
    secret: apiKey,
    fault: connectionFault(base, apiKey, names),
    async send(path, { method = 'POST', json, form, accept = 'application/json', headers: more, signal }) {
      const body = await bodyOf(json, form)
      const all = { ...headers, accept, ...body?.headers, ...more }
      return await fetch(addressOf(path), {
        method,
        headers: all,
        ...(body === undefined ? {} : { body: body.bytes }),
        signal,
        redirect: 'manual',
      })
    },
    async json(response, maxBytes) {
      if (!response.ok) throw await errorOf(response)
      const body = jsonOrUndefined((await boundedBytes(response, maxBytes)).toString('utf8'))
      if (body !== undefined) return body
      const message = `The model server sent something that is not JSON: check ${names.url}.`
      throw new BackendError('backend_bad_answer', message, { retry: 'never' })
    },
    addressOf,
    sameOrigin: (address) => sameOriginAs(base, address),
    fetchPicture: (url, signal) => {
      const accept = 'image/png, image/jpeg, image/webp'
      return fetch(url, { method: 'GET', headers: { ...headers, accept }, signal, redirect: 'manual' })
    },
    errorOf,
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

function authorization(apiKey: string | undefined, basic: boolean): Record<string, string> {
  if (apiKey === undefined) return {}
  return { authorization: basic ? `Basic ${Buffer.from(apiKey).toString('base64')}` : `Bearer ${apiKey}` }
}

async function bodyOf(
  json: unknown,
  form: FormData | undefined,
): Promise<{ bytes: string | Uint8Array<ArrayBuffer>; headers: Record<string, string> } | undefined> {
  if (form !== undefined) {
    // `Response` writes the boundary and the parts; nothing is sent by it.
    const encoded = new Response(form)
    const type = encoded.headers.get('content-type') ?? 'multipart/form-data'
    return { bytes: new Uint8Array(await encoded.arrayBuffer()), headers: { 'content-type': type } }
  }
  if (json === undefined) return undefined
  return { bytes: JSON.stringify(json), headers: { 'content-type': 'application/json' } }
}

/** Keeps the query of the base URL: some gateways want `?api-version=…` on every route. */
function endpoint(base: URL, path: string): URL {
  const [pathname = '', query] = path.split('?', 2)
  const url = new URL(base)
  url.pathname = base.pathname.replace(/\/+$/u, '') + pathname
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.append(name, value)
  return url
}

function connectionFault(
  base: URL | undefined,
  apiKey: string | undefined,
  names: ServerNames,
): BackendError | undefined {
  const refuse = (message: string): BackendError =>
    new BackendError('backend_auth', message, { retry: 'never' })
  if (base === undefined || !/^https?:$/u.test(base.protocol)) {
    const message = `${names.url} must be an http:// or https:// URL.`
    return new BackendError('backend_failed', message, { retry: 'never' })
  }
  if (base.username !== '' || base.password !== '') {
    const instead = names.key === undefined ? '' : `: use ${names.key}`
    return refuse(`${names.url} must not hold a user name or password${instead}.`)
  }
  if (apiKey === undefined && isOpenAI(base)) return refuse(`OpenAI needs a key: set ${names.key}.`)
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/u.test(apiKey)) {
    return refuse(`${names.key} has characters that no key has: copy it again.`)
  }
  return undefined
}

/** OpenAI's own servers, its regional ones included. */
function isOpenAI(base: URL): boolean {
  return base.hostname === 'api.openai.com' || base.hostname.endsWith('.api.openai.com')
}

/**
 * An address in an answer is fetched from the model server's own origin only. A server that lies, or one that was
 * taken over, could otherwise make us read from inside this network.
 */
function sameOriginAs(base: URL | undefined, address: string): URL | undefined {
  if (base === undefined || !URL.canParse(address, base)) return undefined
  const url = new URL(address, base)
  return url.origin === base.origin && url.username === '' && url.password === '' ? url : undefined
}

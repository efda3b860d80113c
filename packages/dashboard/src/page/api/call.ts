import { serverAnswered, serverIsAway } from './connection.ts'
import { key, keyWanted } from './session.ts'

/** An answer that is none of the good ones, with the server's words. `status` 0: there was no answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Asks the API, with the key of this tab. @throws ApiError; DOMException when `signal` aborts */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  const sent = key.value
  if (sent !== null) headers.set('authorization', `Bearer ${sent}`)
  let answer: Response
  try {
    answer = await fetch(path, { ...init, headers })
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    serverIsAway()
    throw new ApiError(0, 'unreachable', 'The server does not answer.')
  }
  serverAnswered()
  if (answer.ok) return answer
  if (answer.status === 401 && sent === key.value) keyWanted.value = sent === null ? 'missing' : 'refused'
  throw await errorOf(answer)
}

/** The JSON of an answer. @throws ApiError */
export async function askJson<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await ask(path, init)
  try {
    return (await answer.json()) as T
  } catch (error) {
    if (init?.signal?.aborted === true) throw error
    throw new ApiError(answer.status, 'broken', 'The server’s answer broke off.')
  }
}

/** Sends JSON. @throws ApiError */
export async function send<T>(
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<T> {
  return await askJson<T>(path, {
    method,
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  })
}

async function errorOf(answer: Response): Promise<ApiError> {
  const problem = (await answer.json().catch(() => ({}))) as { code?: unknown; detail?: unknown }
  const detail = typeof problem.detail === 'string' ? problem.detail : `The server answered ${answer.status}.`
  return new ApiError(answer.status, typeof problem.code === 'string' ? problem.code : 'unknown', detail)
}

import { describe, expect, it } from 'vitest'
import type { Call, TransportOptions } from './transport.ts'
import { createTransport } from './transport.ts'

type Answer = (request: Request) => Response | Promise<Response>

interface Exchange {
  requests: Request[]
  pausesMs: number[]
}

/** A transport whose tries are answered one after the other; the last answer stands for all that follow. */
function transportOf(
  answers: Answer[],
  options: Partial<TransportOptions> = {},
): Exchange & {
  send(call?: Partial<Call>): Promise<Response>
} {
  const requests: Request[] = []
  const pausesMs: number[] = []
  const transport = createTransport({
    baseUrl: new URL('http://api.example/under/'),
    key: 'dk_key',
    maxRetries: 3,
    maxRetryAfterS: 60,
    random: () => 1,
    sleep: async (milliseconds) => void pausesMs.push(milliseconds),
    fetch: async (input, init) => {
      const request = new Request(input, init)
      requests.push(request)
      const answer = answers[Math.min(requests.length, answers.length) - 1]
      if (answer === undefined) throw new Error('no answer')
      return await answer(request)
    },
    ...options,
  })
  return {
    requests,
    pausesMs,
    send: (call = {}) => transport.send({ method: 'GET', path: '/v1/x', repeatable: true, ...call }),
  }
}

const ok: Answer = () => new Response('{}')
const broken: Answer = () => {
  throw new TypeError('fetch failed', { cause: new Error('ECONNRESET') })
}
function problem(status: number, code: string, headers: Record<string, string> = {}): Answer {
  return () => Response.json({ code, detail: 'Change this.', requestId: 'r1' }, { status, headers })
}

describe('a call', () => {
  it('is sent below the base URL, with the key, the query and the body', async () => {
    const { send, requests } = transportOf([ok])
    await send({ method: 'POST', path: '/v1/x', query: { a: 1, b: undefined }, json: { c: 2 } })
    const [request] = requests
    expect(request?.url).toBe('http://api.example/under/v1/x?a=1')
    expect(request?.headers.get('authorization')).toBe('Bearer dk_key')
    expect(request?.headers.get('content-type')).toBe('application/json')
    expect(await request?.text()).toBe('{"c":2}')
  })

  it('is repeated after a lost connection with the same idempotency key, with growing pauses', async () => {
    const { send, requests, pausesMs } = transportOf([broken, broken, ok])
    await send({ method: 'POST', headers: { 'idempotency-key': 'k' } })
    expect(requests.map((request) => request.headers.get('idempotency-key'))).toEqual(['k', 'k', 'k'])
    expect(pausesMs).toEqual([250, 500])
  })

  it('that could be done twice is not repeated when nobody knows whether it was done', async () => {
    const { send, requests } = transportOf([broken, ok])
    await expect(send({ method: 'POST', repeatable: false })).rejects.toMatchObject({
      code: 'network',
      status: 0,
      message: 'http://api.example cannot be reached: ECONNRESET',
    })
    expect(requests).toHaveLength(1)
  })

  it('that was refused before anything was done is, after as long as the server says', async () => {
    const { send, pausesMs } = transportOf([problem(429, 'queue_full', { 'retry-after': '7' }), ok])
    await send({ method: 'POST', repeatable: false })
    expect(pausesMs).toEqual([7000])
  })

  it('takes a date for Retry-After, by the server’s own clock', async () => {
    const headers = { date: 'Sat, 21 Nov 2026 12:00:00 GMT', 'retry-after': 'Sat, 21 Nov 2026 12:00:09 GMT' }
    const { send, pausesMs } = transportOf([problem(503, 'not_ready', headers), ok])
    await send()
    expect(pausesMs).toEqual([9000])
  })

  it.each([
    ['a refusal for good', problem(422, 'unsupported_by_backend')],
    ['a used-up budget', problem(429, 'budget_exhausted', { 'retry-after': '86400' })],
    ['a failed generation', problem(502, 'backend_failed', { 'retry-after': '1' })],
    ['a page of a proxy', () => new Response('<html>', { status: 500 })],
  ])('is not repeated after %s', async (_, answer) => {
    const { send, requests } = transportOf([answer])
    await expect(send({ method: 'POST' })).rejects.toMatchObject({ name: 'ApiError' })
    expect(requests).toHaveLength(1)
  })

  it('gives up after its retries, with the last reason', async () => {
    const { send, requests } = transportOf([problem(503, 'database_unavailable', { 'retry-after': '1' })])
    await expect(send()).rejects.toMatchObject({ status: 503, code: 'database_unavailable', retryAfterS: 1 })
    expect(requests).toHaveLength(4)
  })

  it('whose body is a stream is sent once', async () => {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() })
    const { send, requests } = transportOf([problem(503, 'not_ready', { 'retry-after': '1' }), ok])
    await expect(send({ method: 'POST', body })).rejects.toMatchObject({ status: 503 })
    expect(requests).toHaveLength(1)
  })

  it('ends with its caller’s own reason', async () => {
    const leaving = AbortSignal.abort(new Error('enough'))
    const { send, requests } = transportOf([ok])
    await expect(send({ signal: leaving })).rejects.toThrow('enough')
    expect(requests).toHaveLength(0)
  })
})

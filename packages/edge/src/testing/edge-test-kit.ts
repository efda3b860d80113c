import { createEdge } from '../edge.ts'
import type { Edge, EdgeFetchOptions, EdgeOptions, OriginContext } from '../edge-options.ts'
import type { EdgeStore } from '../store/edge-store.ts'
import { createMemoryEdgeStore } from '../store/memory-edge-store.ts'

/** One call of the test's origin. */
export interface OriginCall {
  request: Request
  context: OriginContext
  /** 1 for the first. */
  number: number
}

/** A real edge over a real store, with an origin that counts and a clock that stands until it is moved. */
export interface Kit {
  edge: Edge
  store: EdgeStore
  calls: OriginCall[]
  clock: { nowMs: number; advanceS: (seconds: number) => void }
  get: (url: string, headers?: Record<string, string>, options?: KitRequest) => Promise<Response>
}

/** How a test asks. */
export interface KitRequest extends EdgeFetchOptions {
  method?: string
  signal?: AbortSignal
  body?: string
}

/** Options of an edge, except for what the kit makes itself. */
export type KitOptions = Partial<Omit<EdgeOptions, 'origin' | 'now'>>

/** When tests begin: a whole second, since `Date` knows no parts of one. */
export const startMs: number = Date.UTC(2026, 10, 21, 12, 0, 0)

/** @param answer what the origin answers to its n-th call */
export function createKit(
  answer: (call: OriginCall) => Response | Promise<Response>,
  options: KitOptions = {},
): Kit {
  const calls: OriginCall[] = []
  const clock = {
    nowMs: startMs,
    advanceS: (seconds: number): void => {
      clock.nowMs += seconds * 1000
    },
  }
  const now = (): number => clock.nowMs
  const store = options.store ?? createMemoryEdgeStore({ maxBytes: 50_000_000, now })
  const edge = createEdge({
    ...options,
    store,
    now,
    origin: (request, context) => {
      const call = { request, context, number: calls.length + 1 }
      calls.push(call)
      return answer(call)
    },
  })
  const get: Kit['get'] = (url, headers = {}, { method = 'GET', signal, body, ...rest } = {}) =>
    edge.fetch(
      new Request(new URL(url, 'http://shop.test'), {
        method,
        headers,
        ...(signal === undefined ? {} : { signal }),
        ...(body === undefined ? {} : { body }),
      }),
      rest,
    )
  return { edge, store, calls, clock, get }
}

/** A 200 with these headers. Without a body of its own it tells which call of the origin made it. */
export function ok(
  headers: Record<string, string> = {},
  body: string | Uint8Array<ArrayBuffer> = 'picture',
): Response {
  return new Response(body, { status: 200, headers })
}

/** A promise and its handles: an origin that answers when the test says so. */
export function gate<T = void>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>()
}

/** Lets everything that can happen without the test's doing happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** The member of this cache in `Cache-Status`, and the short form. */
export function statusOf(response: Response): string {
  return `${response.headers.get('x-cache-status')}: ${response.headers.get('cache-status')}`
}

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TestOrigin } from './test-origin.ts'
import { startOrigin } from './test-origin.ts'

/** A request that waits for its answer. */
interface HeldRequest {
  request: IncomingMessage
  response: ServerResponse
  /** Fulfilled when the connection is gone. */
  closed: Promise<unknown>
}

/** A server that answers when the test does. */
export interface HeldOrigin extends TestOrigin {
  held: HeldRequest[]
  /** The request of this index, from 0, when it is there. */
  arrival(index: number): Promise<HeldRequest>
  /** Requests under way now, and the most there ever were. */
  concurrent: { now: number; most: number }
}

export async function startHeldOrigin(host = '127.0.0.1'): Promise<HeldOrigin> {
  const held: HeldRequest[] = []
  const arrivals = new EventTarget()
  const concurrent = { now: 0, most: 0 }
  const origin = await startOrigin(
    (request, response) => {
      concurrent.now += 1
      concurrent.most = Math.max(concurrent.most, concurrent.now)
      const closed = once(response, 'close').then(() => (concurrent.now -= 1))
      held.push({ request, response, closed })
      arrivals.dispatchEvent(new Event('arrival'))
    },
    { host },
  )
  const arrival = async (index: number): Promise<HeldRequest> => {
    for (;;) {
      const found = held[index]
      if (found !== undefined) return found
      await once(arrivals, 'arrival')
    }
  }
  return Object.assign(origin, { held, arrival, concurrent })
}

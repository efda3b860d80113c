import type { FairQueue, ReleasePlace } from './fair-queue.ts'
import { createFairQueue } from './fair-queue.ts'

/** Bounds the connections to one origin, and all connections together. */
export interface ConnectionLimit {
  /**
   * Waits until a connection to the origin may be opened. Sharing domains take turns.
   * @throws OutboundError BUSY
   * @throws the reason of `signal`
   */
  acquire(origin: string, domain: string, signal: AbortSignal): Promise<ReleasePlace>
}

export function createConnectionLimit(limits: {
  maxConnectionsPerOrigin: number
  maxConnections: number
  maxWaitingPerOrigin: number
}): ConnectionLimit {
  const all = createFairQueue({ places: limits.maxConnections, maxWaiting: Infinity })
  const origins = new Map<string, FairQueue>()
  return {
    acquire: async (origin, domain, signal) => {
      let queue = origins.get(origin)
      if (queue === undefined) {
        queue = createFairQueue({
          places: limits.maxConnectionsPerOrigin,
          maxWaiting: limits.maxWaitingPerOrigin,
        })
        origins.set(origin, queue)
      }
      const own = queue
      const forgetIdle = (): void => {
        if (own.idle) origins.delete(origin)
      }
      let releaseOwn: ReleasePlace | undefined
      try {
        releaseOwn = await own.acquire(domain, signal)
        // Whoever waits here holds a place of the origin. Places of `all` are always given back, so it is had in time.
        const releaseAll = await all.acquire(domain, signal)
        return () => {
          releaseAll()
          releaseOwn?.()
          forgetIdle()
        }
      } catch (error) {
        releaseOwn?.()
        forgetIdle()
        throw error
      }
    },
  }
}

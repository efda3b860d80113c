import { effect, signal } from '@preact/signals'
import { ApiError } from './call.ts'
import { clockAheadMs } from './clock.ts'
import { epoch, serverIsAway } from './connection.ts'
import { events } from './event-stream.ts'
import { runAgainWith } from './run-again-with.ts'
import { about, key, keyWanted, mayReadFigures } from './session.ts'
import type { Overview } from './shapes.ts'

/** The present, as the server last told it. */
export const overview = signal<Overview | undefined>(undefined)

/** What the server refused to tell, in its words. */
export const overviewFault = signal<string | undefined>(undefined)

/** Listens while the page is seen, and again when the server is back. @returns stops it */
export function followOverview(): () => void {
  const seen = signal(document.visibilityState === 'visible')
  const look = (): void => void (seen.value = document.visibilityState === 'visible')
  document.addEventListener('visibilitychange', look)
  const stop = effect(() => {
    runAgainWith(epoch, key)
    if (!seen.value || about.value === undefined || keyWanted.value !== undefined) return undefined
    if (!mayReadFigures.value) return undefined
    const controller = new AbortController()
    void listen(controller.signal)
    return () => controller.abort()
  })
  return () => {
    stop()
    document.removeEventListener('visibilitychange', look)
  }
}

/** Until the stream is left. While the server answers, but cannot tell, it is asked again after a while. */
async function listen(left: AbortSignal): Promise<void> {
  for (let waitMs = 2000; !left.aborted; waitMs = Math.min(30_000, waitMs * 2)) {
    try {
      for await (const { type, data } of events('/v1/overview/events', left)) {
        if (type !== 'overview') continue
        take(data as unknown as Overview)
        waitMs = 2000
      }
      // It has no end: the server is going away, or its database is.
      if (!left.aborted) serverIsAway()
      return
    } catch (error) {
      if (left.aborted) return
      const status = error instanceof ApiError ? error.status : 0
      if (status === 403) mayReadFigures.value = false
      if (status === 0) serverIsAway()
      // Another epoch or another key begins anew.
      if (status < 500 && status !== 429) return
      overviewFault.value = error instanceof Error ? error.message : String(error)
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

function take(told: Overview): void {
  clockAheadMs.value = new Date(told.at).getTime() - Date.now()
  overview.value = told
  overviewFault.value = undefined
}

import { effect, signal } from '@preact/signals'
import { ApiError } from './call.ts'
import { clockAheadMs } from './clock.ts'
import { connection, epoch, serverIsAway } from './connection.ts'
import { events } from './event-stream.ts'
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
    const reasons = [epoch.value, key.value]
    if (!seen.value || about.value === undefined || keyWanted.value !== undefined) return undefined
    if (reasons.length === 0 || !mayReadFigures.value) return undefined
    const controller = new AbortController()
    void listen(controller.signal)
    return () => controller.abort()
  })
  return () => {
    stop()
    document.removeEventListener('visibilitychange', look)
  }
}

async function listen(left: AbortSignal): Promise<void> {
  try {
    for await (const { type, data } of events('/v1/overview/events', left)) {
      if (type !== 'overview') continue
      const told = data as unknown as Overview
      clockAheadMs.value = new Date(told.at).getTime() - Date.now()
      overview.value = told
      overviewFault.value = undefined
    }
    // It has no end: the server is going away.
    if (!left.aborted) serverIsAway()
  } catch (error) {
    if (left.aborted) return
    if (error instanceof ApiError && error.status === 403) mayReadFigures.value = false
    else if (error instanceof ApiError && error.status >= 400) overviewFault.value = error.message
    else if (connection.peek().state !== 'away') serverIsAway()
  }
}

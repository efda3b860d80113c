import { signal } from '@preact/signals'

/** The server's clock less this one's, in milliseconds: times are shown by the server's. */
export const clockAheadMs = signal(0)

/** The server's time now. */
export function serverNow(): number {
  return Date.now() + clockAheadMs.peek()
}

import { signal } from '@preact/signals'

/** Whether the server answers. `away`: it did not, and is asked again at `retryAt` (milliseconds of this clock). */
export type Connection =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'away'; retryAt: number; attempts: number }

export const connection = signal<Connection>({ state: 'connecting' })

/** Rises each time the server is back: what was read before is read again. */
export const epoch = signal(0)

const firstWaitMs = 1000
const maxWaitMs = 30_000

let timer: ReturnType<typeof setTimeout> | undefined

/** Told by every request that got no answer. One probe for all of them: many would only fill the console. */
export function serverIsAway(): void {
  if (connection.value.state === 'away') return
  wait(0)
}

/** Told by every answer. */
export function serverAnswered(): void {
  if (connection.value.state === 'connecting') connection.value = { state: 'live' }
}

/** Asks at once, because somebody wants to know or the network is back. */
export function tryNow(): void {
  if (connection.value.state === 'away') void probe(connection.value.attempts)
}

function wait(attempts: number): void {
  clearTimeout(timer)
  // Many pages may wait for one server: they must not come back in one moment.
  const waitMs = Math.min(maxWaitMs, firstWaitMs * 2 ** attempts) * (0.75 + Math.random() / 2)
  connection.value = { state: 'away', retryAt: Date.now() + waitMs, attempts }
  timer = setTimeout(() => void probe(attempts), waitMs)
}

async function probe(attempts: number): Promise<void> {
  clearTimeout(timer)
  try {
    const answer = await fetch('/healthz', { cache: 'no-store' })
    if (!answer.ok) return wait(attempts + 1)
  } catch {
    return wait(attempts + 1)
  }
  connection.value = { state: 'live' }
  epoch.value += 1
}

addEventListener('online', tryNow)

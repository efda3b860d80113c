import { bodyHash } from '../support/server-process.ts'
import type { Cluster } from './cluster.ts'
import type { Random } from './random.ts'

/** What callers were told; the audit holds the platform to it. */
export interface Told {
  /** Requests that were accepted (201, 202), by id. */
  readonly accepted: ReadonlySet<string>
  /** Hashes of the pictures that one key was answered with: more than one is a second result. */
  readonly answers: ReadonlyMap<string, ReadonlySet<string>>
  /** Requests that ended without an answer, or with one that says "later". */
  readonly turnedAway: number
  /** Answers that must not occur: junk, 500, 4xx. */
  readonly wrong: readonly string[]
}

export interface Load extends Told {
  /** Ends the clients; each finishes what it asks. */
  stop(): Promise<void>
}

/** A request that waited this long gives up, as a person would. */
const patienceMs = 20_000

/**
 * Clients that ask without a pause: half of them native requests, accepted and not waited for, half of them prompt
 * URLs, which are. A fifth of the pictures is asked for by several.
 */
export function startLoad(cluster: Cluster, clients: number, random: Random): Load {
  const accepted = new Set<string>()
  const answers = new Map<string, Set<string>>()
  const wrong: string[] = []
  let turnedAway = 0
  let picture = 0
  let stopping = false

  function prompt(): string {
    if (random.next() < 0.2) return `shared ${Math.floor(picture / 10)}`
    picture += 1
    return `picture ${picture}`
  }

  async function post(url: string): Promise<void> {
    const response = await fetch(`${url}/v1/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify({ prompt: prompt(), size: '64x64' }),
      signal: AbortSignal.timeout(patienceMs),
    })
    if (response.status === 201 || response.status === 202) {
      accepted.add(((await response.json()) as { id: string }).id)
      return
    }
    judge(response.status, await response.text())
  }

  async function live(url: string): Promise<void> {
    const text = prompt()
    const query = new URLSearchParams({ prompt: text, size: '64x64', format: 'png' })
    const response = await fetch(`${url}/live/demo?${query}`, { signal: AbortSignal.timeout(patienceMs) })
    if (response.status === 200) {
      const hash = await bodyHash(response)
      answers.set(text, (answers.get(text) ?? new Set()).add(hash))
      return
    }
    judge(response.status, await response.text())
  }

  /** 502 `worker_lost` and 503 are honest: the caller may ask again. */
  function judge(status: number, body: string): void {
    if (status === 503 || (status === 502 && body.includes('worker_lost'))) turnedAway += 1
    else wrong.push(`${status} ${body.slice(0, 300)}`)
  }

  async function client(): Promise<void> {
    while (!stopping) {
      const { urls } = cluster
      if (urls.length === 0) {
        await pause(50)
        continue
      }
      try {
        await (random.next() < 0.5 ? post : live)(random.pick(urls))
      } catch {
        turnedAway += 1
        await pause(20)
      }
    }
  }

  const running = Promise.all(Array.from({ length: clients }, client))
  return {
    accepted,
    answers,
    wrong,
    get turnedAway() {
      return turnedAway
    },
    stop: async () => {
      stopping = true
      await running
    },
  }
}

async function pause(durationMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, durationMs))
}

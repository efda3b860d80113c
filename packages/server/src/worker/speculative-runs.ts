import type { Logger } from 'pino'
import type { GenerationRow } from '../generation/generation-row.ts'
import type { Leases } from '../generation/leases.ts'
import type { JobQueue } from '../queue/job-queue.ts'

/** The speculative runs of this process that can be stopped, and so make room for work that somebody waits for. */
export interface SpeculativeRuns {
  /**
   * Offers a run as room, for as long as its backend draws: what has been drawn is stored, whoever waits.
   * @param stop called once the record is queued again and no longer this run's
   * @returns ends the offer
   */
  offer(row: GenerationRow, stop: () => void): () => void
  close(): void
}

export interface SpeculativeRunsOptions {
  leases: Pick<Leases, 'makeRoom'>
  queue: Pick<JobQueue, 'onAnnouncement'>
  log: Logger
  /** Whether a job that waits would be started here anyhow. */
  hasFreeSlot(): boolean
}

/** Just longer than a job that free slots elsewhere would take has to wait (`generation/make-room.ts`). */
const firstLookMs = 120

/** The net below announcements: jobs whose delay has passed, and those that a lost connection hid. */
const lookIntervalMs = 500

/** Nothing is asked of the database while no speculative run is under way, or a slot is free. */
export function createSpeculativeRuns(options: SpeculativeRunsOptions): SpeculativeRuns {
  const offers = new Map<string, { row: GenerationRow; stop: () => void }>()
  let soon: NodeJS.Timeout | undefined
  let looking = false
  let closed = false

  async function look(): Promise<void> {
    if (closed || looking || offers.size === 0 || options.hasFreeSlot()) return
    looking = true
    try {
      for (const id of await options.leases.makeRoom([...offers.values()].map(({ row }) => row))) {
        offers.get(id)?.stop()
        offers.delete(id)
        options.log.info({ generation: id }, 'a speculative run made room for work that is waited for')
      }
    } catch (error) {
      options.log.warn({ err: error }, 'looking for work that waits for a slot failed')
    } finally {
      looking = false
    }
  }

  function lookSoon(): void {
    if (closed || soon !== undefined || offers.size === 0) return
    soon = setTimeout(() => {
      soon = undefined
      void look()
    }, firstLookMs)
    soon.unref()
  }

  const unsubscribe = options.queue.onAnnouncement(({ type }) => {
    if (type === 'queued') lookSoon()
  })
  const timer = setInterval(() => void look(), lookIntervalMs).unref()
  return {
    offer: (row, stop) => {
      const offer = { row, stop }
      offers.set(row.id, offer)
      // Demand may have come while this run was being started.
      lookSoon()
      return () => {
        if (offers.get(row.id) === offer) offers.delete(row.id)
      }
    },
    close: () => {
      closed = true
      unsubscribe()
      clearInterval(timer)
      clearTimeout(soon)
      offers.clear()
    },
  }
}

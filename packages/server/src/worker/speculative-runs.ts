import type { Logger } from 'pino'
import type { GenerationRow } from '../generation/generation-row.ts'
import type { Leases } from '../generation/leases.ts'
import type { RoomOffer } from '../generation/make-room.ts'
import type { JobQueue } from '../queue/job-queue.ts'

/**
 * Speculative runs of this process: begun where nothing else is to be done, and stopped for work that somebody waits
 * for. An accelerator draws one picture after the other whatever the number of slots, so that demand goes alone.
 */
export interface SpeculativeRuns {
  /** Whether speculative work may begin: this worker has had no demand for a while. */
  mayBegin(): boolean
  /**
   * Offers a run as room, for as long as its backend draws: what has been drawn is stored, whoever waits.
   * @param stop called when the record is queued again, just before anybody can see it
   * @returns ends the offer
   */
  offer(row: GenerationRow, stop: () => void): () => void
  /** Runs demand, once what this process draws ahead on the same backend has been stopped. */
  demand<T>(row: GenerationRow, run: () => Promise<T>): Promise<T>
  /** How long to leave a job to those who need give up nothing for it. */
  holdMs(): number
  /** Gives up all runs that are offered. */
  clear(): Promise<void>
  /** Whether anything runs here that somebody waits for. */
  readonly isDemandRunning: boolean
  close(): void
}

export interface SpeculativeRunsOptions {
  leases: Pick<Leases, 'makeRoom' | 'clearFor'>
  queue: Pick<JobQueue, 'onAnnouncement'>
  log: Logger
  /** Whether a job that waits would be started here anyhow. */
  hasFreeSlot(): boolean
  /** Whether another process may be just about to take it. */
  othersHaveFreeSlot(): boolean
  /** How long a worker must have had no demand. */
  restMs: number
  /** A monotonic clock in milliseconds. */
  now(): number
}

interface Offer {
  row: GenerationRow
  stop: () => void
  isStopped: boolean
  /** Resolves when its backend draws no more. */
  ended: PromiseWithResolvers<void>
}

/** A job that free slots elsewhere would take is taken by then. */
const patienceMs = 100

/** Just longer than that. */
const lookAfterMs = 120

/** Several times what a process without other work takes to ask for a job; a step of a picture is far longer. */
const leaveMs = 20

/** The net below announcements: jobs whose delay has passed, and those that a lost connection hid. */
const lookIntervalMs = 500

/** Nothing is asked of the database while no speculative run is under way, or a slot is free. */
export function createSpeculativeRuns(options: SpeculativeRunsOptions): SpeculativeRuns {
  const { leases, log, now } = options
  const offers = new Map<string, Offer>()
  /** Demand that runs here, by backend. */
  const demand = new Map<string, number>()
  let lastDemandAt = Number.NEGATIVE_INFINITY
  let soon: NodeJS.Timeout | undefined
  let looking = false
  let closed = false

  function stop(id: string): boolean {
    const offer = offers.get(id)
    if (offer === undefined) return false
    offers.delete(id)
    offer.isStopped = true
    offer.stop()
    log.info({ generation: id }, 'a speculative run made room for work that is waited for')
    return true
  }

  function roomOf(of: Iterable<Offer>): RoomOffer {
    return { runs: [...of].map(({ row }) => row), stop }
  }

  async function look(waitedMs: number): Promise<void> {
    if (closed || looking || offers.size === 0 || options.hasFreeSlot()) return
    looking = true
    try {
      await leases.makeRoom(roomOf(offers.values()), { waitedMs })
    } catch (error) {
      log.warn({ err: error }, 'looking for work that waits for a slot failed')
    } finally {
      looking = false
    }
  }

  function lookSoon(): void {
    if (closed || offers.size === 0) return
    // Nobody else can take it: there is nothing to wait for.
    if (!options.othersHaveFreeSlot()) void look(0)
    if (soon !== undefined) return
    soon = setTimeout(() => {
      soon = undefined
      void look(patienceMs)
    }, lookAfterMs)
    soon.unref()
  }

  async function clear(backend?: string): Promise<void> {
    const there = [...offers.values()].filter(({ row }) => backend === undefined || row.backend === backend)
    if (closed || there.length === 0) return
    try {
      await leases.clearFor(roomOf(there))
    } catch (error) {
      // Demand then shares the accelerator, which is slower and not wrong.
      log.warn({ err: error }, 'speculative runs could not be given up')
      return
    }
    // What was not given up has been asked for meanwhile, or is drawn.
    await Promise.all(there.filter(({ isStopped }) => isStopped).map(({ ended }) => ended.promise))
  }

  const unsubscribe = options.queue.onAnnouncement(({ type }) => {
    if (type === 'queued') lookSoon()
  })
  const timer = setInterval(() => void look(patienceMs), lookIntervalMs).unref()
  return {
    mayBegin: () => demand.size === 0 && now() - lastDemandAt >= options.restMs,
    holdMs: () => (offers.size > 0 && options.othersHaveFreeSlot() ? leaveMs : 0),
    clear: () => clear(),
    get isDemandRunning() {
      return demand.size > 0
    },
    offer: (row, stopRun) => {
      const offer: Offer = { row, stop: stopRun, isStopped: false, ended: Promise.withResolvers() }
      offers.set(row.id, offer)
      // Demand may have come while this run was being started.
      if (demand.has(row.backend)) void clear(row.backend)
      else lookSoon()
      return () => {
        if (offers.get(row.id) === offer) offers.delete(row.id)
        offer.ended.resolve()
      }
    },
    demand: async ({ backend }, run) => {
      demand.set(backend, (demand.get(backend) ?? 0) + 1)
      try {
        await clear(backend)
        return await run()
      } finally {
        const left = (demand.get(backend) ?? 1) - 1
        if (left === 0) demand.delete(backend)
        else demand.set(backend, left)
        lastDemandAt = now()
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

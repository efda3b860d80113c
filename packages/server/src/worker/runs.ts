import type { Announcement, Lease } from '../queue/job-queue.ts'
import { Interruption } from './interruption.ts'

/** A record that a run holds: enough to know which announcements concern it. */
export interface LeasedRecord {
  readonly row: { readonly id: string; readonly event_seq: number }
}

export interface RunsOptions<Leased extends LeasedRecord> {
  /** Takes the record of a job; `undefined` when there is nothing to do for it. */
  take(job: Lease, signal: AbortSignal): Promise<Leased | undefined>
  /** Runs it to its settlement. */
  run(leased: Leased, interruption: AbortSignal): Promise<void>
}

/** What this process runs at present of one kind of record. */
export interface Runs {
  readonly count: number
  /** Whether it runs that record, or is about to take or end it. */
  has(recordId: string): boolean
  run(job: Lease): Promise<void>
  /** Ends the runs that an announcement says are no longer wanted, or no longer ours. */
  hear(announcement: Announcement): void
  /** Interrupts all runs, and those that still begin. */
  drain(): void
}

interface Run {
  recordId: string
  controller: AbortController
  /** Not until the lease is taken. */
  row?: LeasedRecord['row']
}

export function createRuns<Leased extends LeasedRecord>(options: RunsOptions<Leased>): Runs {
  const runs = new Set<Run>()
  let draining = false

  async function lead(run: Run, job: Lease): Promise<void> {
    const { signal } = run.controller
    const leased = await options.take(job, signal)
    if (leased === undefined) return
    // What could be taken was nobody's any more: an earlier run of it has lost its lease.
    interrupt('lease_lost', ({ row }) => row?.id === leased.row.id)
    run.row = leased.row
    await options.run(leased, signal)
  }

  function interrupt(kind: Interruption['kind'], concerns: (run: Run) => boolean = () => true): void {
    for (const run of runs) if (concerns(run)) run.controller.abort(new Interruption(kind))
  }

  return {
    get count() {
      return runs.size
    },
    has: (recordId) => [...runs].some((run) => run.recordId === recordId),
    run: async (job) => {
      const run: Run = { recordId: job.recordId, controller: new AbortController() }
      if (draining) run.controller.abort(new Interruption('drain'))
      runs.add(run)
      try {
        await lead(run, job)
      } finally {
        runs.delete(run)
      }
    },
    hear: ({ recordId, seq, type }) => {
      if (type !== 'cancelled' && type !== 'queued') return
      // Queued again while it runs here: somebody took this worker for dead. An announcement from before this run
      // may come late, and is about an earlier one.
      interrupt(type === 'cancelled' ? 'cancelled' : 'lease_lost', ({ row }) => {
        return row?.id === recordId && seq > row.event_seq
      })
    },
    drain: () => {
      draining = true
      interrupt('drain')
    },
  }
}

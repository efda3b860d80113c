import type { Logger } from 'pino'
import type { WorkerRows, WorkerStatus } from '../generation/worker-rows.ts'

/** Keeps a worker's row as it is. */
export interface Announcer {
  /** Something may have changed. */
  changed(): void
  /**
   * Runs what writes this worker's row itself, while nothing else does: a status from before it would undo that. What it
   * writes must be what `status` says when it has ended.
   */
  alone<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** A row is renewed so often although nothing changed: others take it for a sign of life. */
const renewMs = 2000
/** Changes are written at most so often. */
const restMs = 50

export function startAnnouncer(options: {
  rows: Pick<WorkerRows, 'announce' | 'leave'>
  workerId: number
  status(): WorkerStatus
  log: Logger
}): Announcer {
  const { rows, workerId, log } = options
  let last = ''
  let writing: Promise<void> = Promise.resolve()
  let soon: NodeJS.Timeout | undefined
  let closed = false

  function write(always: boolean): void {
    writing = writing
      .then(async () => {
        const status = options.status()
        const text = JSON.stringify(status)
        if (closed || (!always && text === last)) return
        last = text
        await rows.announce(workerId, status)
      })
      .catch((error: unknown) => log.warn({ err: error }, 'the row of this worker could not be written'))
  }

  function alone<T>(work: () => Promise<T>): Promise<T> {
    // Whatever has become of it, the row may now differ from what was last written here.
    const done = writing.then(work).finally(() => (last = ''))
    writing = done.then(
      () => {},
      () => {},
    )
    return done
  }

  const timer = setInterval(() => write(true), renewMs).unref()
  write(true)
  function changed(): void {
    if (closed || soon !== undefined) return
    soon = setTimeout(() => {
      soon = undefined
      write(false)
    }, restMs)
    soon.unref()
  }

  return {
    changed,
    alone: (work) => alone(work).finally(changed),
    close: async () => {
      closed = true
      clearInterval(timer)
      clearTimeout(soon)
      await writing
      await rows
        .leave(workerId)
        .catch((error: unknown) => log.warn({ err: error }, 'the row of this worker could not be closed'))
    },
  }
}

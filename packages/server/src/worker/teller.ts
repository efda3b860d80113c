import type { BackendEvent } from '../backends/backend.ts'
import { minPreviewIntervalMs } from '../backends/previews.ts'
import type { LeasedGeneration } from '../generation/lease.ts'

/** What happens during a run, told to whoever listens. */
export interface Teller {
  hear(event: Exclude<BackendEvent, { type: 'image' | 'done' }>): void
  /** Waits until all that was heard is written, so that no progress is told after the end. */
  flush(): Promise<void>
}

/** Each told event is a transaction: more than ten a second would be work that nobody sees. */
const minProgressIntervalMs = 100
/** A preview travels through the database; one that is no thumbnail is dropped. */
const maxPreviewBytes = 64 * 1024

/**
 * Writes a run's events in order, beside the run and not in its way. Progress that comes faster than it can be
 * told is dropped.
 * @param onLeaseLost called when an event was refused because the record is no longer this run's
 */
export function createTeller(
  leased: Pick<LeasedGeneration, 'tell'>,
  now: () => number,
  onLeaseLost: () => void,
): Teller {
  let chain: Promise<unknown> = Promise.resolve()
  let pendingWrites = 0
  let progressAt = Number.NEGATIVE_INFINITY
  let previewAt = Number.NEGATIVE_INFINITY

  function write(type: Parameters<LeasedGeneration['tell']>[0], data: Record<string, unknown>): void {
    pendingWrites += 1
    chain = chain
      .then(async () => {
        if (!(await leased.tell(type, data))) onLeaseLost()
      })
      // A progress report that could not be written is no reason to lose the picture.
      .catch(() => {})
      .finally(() => {
        pendingWrites -= 1
      })
  }

  return {
    hear: (event) => {
      switch (event.type) {
        case 'loading':
        case 'started':
          write(event.type, {})
          break
        case 'progress': {
          if (now() - progressAt < minProgressIntervalMs || pendingWrites > 2) break
          progressAt = now()
          const { fraction, step, steps } = event
          write('progress', { fraction, step, steps })
          break
        }
        case 'preview': {
          if (now() - previewAt < minPreviewIntervalMs || pendingWrites > 2) break
          if (event.bytes.byteLength > maxPreviewBytes) break
          previewAt = now()
          const base64 = Buffer.from(event.bytes).toString('base64')
          write('preview', { mediaType: event.mediaType, b64: base64 })
          break
        }
        case 'queued':
          break
      }
    },
    flush: async () => {
      await chain
    },
  }
}

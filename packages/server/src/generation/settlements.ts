import type { Flights } from '@darkroom/once'
import { createFlights } from '@darkroom/once'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import { whenDatabaseIsBack } from '../database/database-retry.ts'
import type { GenerationStatus } from '../database/schema.ts'
import { generationColumns } from './generation-columns.ts'
import type { GenerationRow } from './generation-row.ts'
import { isSettled } from './generation-row.ts'

/** Waits for records to settle, whichever process settles them. */
export interface Settlements<Row = GenerationRow> {
  /** Resolves with the settled record. @throws the signal's reason */
  wait(recordId: string, signal?: AbortSignal): Promise<Row>
  close(): void
}

/** Waits for generations. */
export function createSettlements(options: { database: Kysely<Schema>; queue: JobQueue }): Settlements {
  const { database, queue } = options
  return createSettlementsOf({ queue, read: (id) => readRow(database, id) })
}

/**
 * Waiters hear announcements and re-read the record; they never poll. However many wait for one record in this
 * process, one of them reads.
 */
export function createSettlementsOf<Row extends { status: GenerationStatus }>(options: {
  queue: JobQueue
  read: (id: string) => Promise<Row | undefined>
}): Settlements<Row> {
  const { read, queue } = options
  const wakeups = new Map<string, () => void>()
  const flights: Flights<Row> = createFlights({ whenAbandoned: 'abort' })
  const closing = new AbortController()
  const wakeAll = (): void => {
    for (const wake of wakeups.values()) wake()
  }

  const forget = [
    queue.onAnnouncement(({ recordId, type }) => {
      if (type === 'stored' || type === 'failed' || type === 'cancelled') wakeups.get(recordId)?.()
    }),
    queue.onReconnect(wakeAll),
  ]

  async function untilSettled(recordId: string, signal: AbortSignal): Promise<Row> {
    for (;;) {
      signal.throwIfAborted()
      closing.signal.throwIfAborted()
      // Listening begins before reading: what settles in between wakes the wait below at once.
      const woken = Promise.withResolvers<void>()
      wakeups.set(recordId, woken.resolve)
      const abort = (): void => woken.resolve()
      signal.addEventListener('abort', abort, { once: true })
      try {
        const row = await whenDatabaseIsBack(() => read(recordId), signal)
        if (row === undefined) throw new DarkroomError('not_found', 'The record was deleted.')
        if (isSettled(row.status)) return row
        await woken.promise
      } finally {
        signal.removeEventListener('abort', abort)
        if (wakeups.get(recordId) === woken.resolve) wakeups.delete(recordId)
      }
    }
  }

  return {
    wait: async (recordId, signal) => {
      const outcome = await flights.run(
        { kind: 'settlement', key: recordId, domain: '' },
        async (flight) => ({
          value: await untilSettled(recordId, flight.signal),
        }),
        signal === undefined ? {} : { signal },
      )
      return outcome.value
    },
    close: () => {
      closing.abort(
        new DarkroomError('shutting_down', 'The server is shutting down; ask again in a moment.', {
          retryAfterS: 2,
        }),
      )
      for (const undo of forget) undo()
      wakeAll()
    },
  }
}

async function readRow(database: Kysely<Schema>, id: string): Promise<GenerationRow | undefined> {
  return await database
    .selectFrom('generations')
    .select(generationColumns)
    .where('id', '=', id)
    .executeTakeFirst()
}

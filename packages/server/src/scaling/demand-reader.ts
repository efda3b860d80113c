import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { ScalingEvent } from '../capacity/scaling-event.ts'
import type { Priority, Schema } from '../database/schema.ts'

/** What has become of the pictures that somebody asked for, as events in the order of their times. */
export interface DemandReader {
  /**
   * What happened since the last call; the first gives what is on record of the last days.
   * @param slots jobs a worker runs at once
   */
  read(slots: number, nowMs: number): Promise<ScalingEvent[]>
}

interface Row {
  id: string
  backend: string
  model: string
  status: string
  priority: Priority
  queued_at: Date
  started_at: Date | null
  settled_at: Date | null
}

interface Told {
  /** Not of what nobody has asked for yet. */
  arrived: boolean
  begun: boolean
}

/** Records looked at when a process begins to decide: what it needs to know the days before. */
const mostRemembered = 50_000
const mostAtOnce = 5000

/** Reads by primary key: the new rows, and those that were open when last looked at. */
export function createDemandReader(database: Kysely<Schema>): DemandReader {
  let lastId: string | undefined
  /** Open records, and what was told of them. */
  const open = new Map<string, Told>()

  async function next(): Promise<Row[]> {
    const rows = database
      .selectFrom('generations')
      .select(['id', 'backend', 'model', 'status', 'priority', 'queued_at', 'started_at', 'settled_at'])
    if (lastId === undefined) {
      const newest = await rows
        .where((eb) => eb.or([eb('priority', '=', 'demand'), eb('status', 'in', ['queued', 'running'])]))
        .orderBy('id', 'desc')
        .limit(mostRemembered)
        .execute()
      return newest.toReversed()
    }
    const ids = [...open.keys()]
    return await rows
      .where((eb) => eb.or([eb('id', '>', lastId ?? '0'), eb('id', '=', sql<string>`any(${ids}::bigint[])`)]))
      .orderBy('id')
      .limit(mostAtOnce + ids.length)
      .execute()
  }
  function eventsOf(row: Row, slots: number, nowMs: number): ScalingEvent[] {
    const isOpen = row.status === 'queued' || row.status === 'running'
    const known = open.get(row.id)
    if (row.priority === 'speculative') {
      if (isOpen) open.set(row.id, { arrived: false, begun: false })
      else open.delete(row.id)
      return []
    }
    const model = `${row.backend}:${row.model}`
    const events: ScalingEvent[] = []
    // What was only foreseen has been asked for since the last look.
    const arrivedMs = known?.arrived === false ? nowMs : row.queued_at.getTime()
    if (known?.arrived !== true) events.push({ type: 'arrived', atMs: arrivedMs, model })
    const begun = known?.begun ?? false
    const startedMs = row.started_at?.getTime()
    if (startedMs !== undefined && !begun) {
      const waitMs = Math.max(0, startedMs - arrivedMs)
      events.push({ type: 'started', atMs: Math.max(startedMs, arrivedMs), model, waitMs })
    }
    if (isOpen) {
      open.set(row.id, { arrived: true, begun: begun || startedMs !== undefined })
      return events
    }
    open.delete(row.id)
    // A failure or a cancelled run says little of how long a picture takes.
    if (row.status === 'stored' && startedMs !== undefined && row.settled_at !== null) {
      const busyMs = Math.max(1, row.settled_at.getTime() - startedMs) / slots
      events.push({ type: 'served', atMs: row.settled_at.getTime(), model, busyMs })
    }
    return events
  }
  return {
    read: async (slots, nowMs) => {
      const rows = await next()
      // The last row may be an old one that is still open.
      lastId = laterOf(rows.at(-1)?.id, lastId)
      return rows.flatMap((row) => eventsOf(row, slots, nowMs)).toSorted((a, b) => a.atMs - b.atMs)
    },
  }
}

function laterOf(id: string | undefined, lastId: string | undefined): string {
  const [one, other] = [BigInt(id ?? 0), BigInt(lastId ?? 0)]
  return String(one > other ? one : other)
}

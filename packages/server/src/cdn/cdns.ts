import type { CdnAdapter } from '@darkroom/edge'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { reviveFailed } from './dead-letters.ts'
import type { CdnOrder } from './cdn-orders.ts'
import { orderCdnPurge } from './cdn-orders.ts'

/** What one CDN was ordered. */
export interface CdnOrdered {
  name: string
  /** `nothing`: no copy there can bear what is purged. */
  status: 'queued' | 'nothing'
  /** Names that it will drop; everything counts as one. */
  names: number
  /** What it will do: a CDN that cannot mark stale drops. */
  soft: boolean
}

/** How it goes with one CDN. */
export interface CdnState {
  name: string
  /** Whether this process is configured for it. */
  configured: boolean
  /** Names that it has still to be told. */
  waiting: number
  /** Names that it is to be told once more, for what it was fetching meanwhile. */
  repeating: number
  /** Of what waits: since when. */
  waitingSince: string | null
  /** Names that it will not be told unless somebody does something. */
  failed: number
  /** After a failure it is left alone until then. */
  retryAt: string | null
  lastSuccessAt: string | null
  lastError: string | null
  lastErrorAt: string | null
}

/** The CDNs in front of this deployment. */
export interface Cdns {
  /** Orders a purge from all of them: it is durable when the promise resolves. */
  order(order: CdnOrder): Promise<CdnOrdered[]>
  read(): Promise<CdnState[]>
  /** Tries dead letters again. @returns how many names */
  redrive(): Promise<number>
  /** For the exposition: as they were when last looked at. */
  gauges(): CdnGauge[]
  /** Looks at them. */
  refresh(): Promise<void>
}

/** A figure that goes up and down. */
export interface CdnGauge {
  name: string
  help: string
  value: number
}

export function createCdns({
  database,
  adapters,
  now,
  changed,
}: {
  database: Kysely<Schema>
  adapters: readonly CdnAdapter[]
  now: () => number
  /** Told when something is due. */
  changed: () => void
}): Cdns {
  const names = adapters.map(({ name }) => name)
  let seen = { waiting: 0, failed: 0 }
  return {
    order: async (order) => {
      const count = await orderCdnPurge(database, names, order, new Date(now()))
      const target = order.everything ? 'everything' : 'tags'
      return adapters.map(({ name, softens }) => ({
        name,
        status: count === 0 ? 'nothing' : 'queued',
        names: count,
        soft: order.soft && softens[target],
      }))
    },
    read: () => readStates(database, names),
    gauges: () =>
      names.length === 0
        ? []
        : [
            {
              name: 'darkroom_cdn_purges_waiting',
              help: 'Names that CDNs have still to be told, in all.',
              value: seen.waiting,
            },
            {
              name: 'darkroom_cdn_purges_failed',
              help: 'Names that CDNs are not told before a redrive.',
              value: seen.failed,
            },
          ],
    refresh: async () => {
      const states = await readStates(database, names)
      const sum = (key: 'waiting' | 'failed'): number => states.reduce((all, each) => all + each[key], 0)
      seen = { waiting: sum('waiting'), failed: sum('failed') }
    },
    redrive: async () => {
      const count = await reviveFailed(database, { cdns: names }, now())
      changed()
      return count
    },
  }
}

async function readStates(database: Kysely<Schema>, names: readonly string[]): Promise<CdnState[]> {
  const states = await database.selectFrom('cdn_states').selectAll().execute()
  const counts = await database
    .selectFrom('cdn_purges')
    .select((eb) => [
      'cdn',
      eb.fn
        .countAll<string>()
        .filterWhere('status', '=', 'pending')
        .filterWhere('round', '=', 1)
        .as('waiting'),
      eb.fn
        .countAll<string>()
        .filterWhere('status', '=', 'pending')
        .filterWhere('round', '=', 2)
        .as('repeating'),
      eb.fn.countAll<string>().filterWhere('status', '=', 'failed').as('failed'),
      eb.fn
        .min<Date | null>('ordered_at')
        .filterWhere('status', '=', 'pending')
        .filterWhere('round', '=', 1)
        .as('since'),
    ])
    .groupBy('cdn')
    .execute()
  const known = new Set([...names, ...states.map(({ cdn }) => cdn), ...counts.map(({ cdn }) => cdn)])
  return [...known].map((name) => {
    const state = states.find(({ cdn }) => cdn === name)
    const count = counts.find(({ cdn }) => cdn === name)
    return {
      name,
      configured: names.includes(name),
      waiting: Number(count?.waiting ?? 0),
      repeating: Number(count?.repeating ?? 0),
      waitingSince: timeOf(count?.since),
      failed: Number(count?.failed ?? 0),
      retryAt: timeOf(state?.retry_at),
      lastSuccessAt: timeOf(state?.last_success_at),
      lastError: state?.last_error ?? null,
      lastErrorAt: timeOf(state?.last_error_at),
    }
  })
}

function timeOf(date: Date | null | undefined): string | null {
  return date?.toISOString() ?? null
}

import type { Edge } from '@darkroom/edge'
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Cdns, CdnOrdered } from '../cdn/cdns.ts'
import { cdnOrderOf } from './cdn-tags.ts'
import { announcementsOf, parseAnnouncement } from './purge-announcement.ts'

/** What one purge hits, in the words of the edge. */
export interface PurgeOrder {
  /** The sharing domain; `undefined` with `everything`: all of them. */
  domain: string | undefined
  /** Names as the picture origin writes them. */
  tags?: readonly string[] | undefined
  everything?: boolean | undefined
  soft: boolean
}

/** How processes tell each other: PostgreSQL's NOTIFY, in the platform. */
export interface PurgeChannel {
  notify(payloads: readonly string[]): Promise<void>
  onNotification(receive: (payload: string) => void): () => void
  /** Called when something may have been missed. */
  onReconnect(callback: () => void): () => void
}

/** What a purge has done so far. */
export interface Purged {
  /** About how many answers it hit in this process. */
  purged: number
  /** What CDNs in front were ordered. */
  cdns: readonly CdnOrdered[]
}

/** Purges of cached pictures, in every process and at every CDN. */
export interface Purges {
  /**
   * Here it is visible when this resolves; the others have been told by then, and that CDNs are to be told is durable.
   * In this order: a CDN that was told first would fetch the old answer once more.
   * @throws the channel's error: done here, perhaps not there; asking again does no harm
   */
  purge(order: PurgeOrder): Promise<Purged>
  /** Hears no more. */
  close(): void
}

export interface PurgesOptions {
  edge: Edge
  channel: PurgeChannel
  cdns: Pick<Cdns, 'order'>
  log: Logger
}

/** The one way to purge: whatever drops a cached picture goes through here, so that every process hears of it. */
export function createPurges({ edge, channel, cdns, log }: PurgesOptions): Purges {
  const self = randomUUID()
  const apply = async (order: PurgeOrder): Promise<number> => {
    const { domain, tags, everything, soft } = order
    const { purged } = await edge.purge({
      domain: domain ?? '',
      tags,
      everything,
      allDomains: domain === undefined,
      soft,
    })
    return purged
  }
  const forget = [
    channel.onNotification((payload) => {
      const heard = parseAnnouncement(payload)
      if (heard === undefined) {
        // Of a later release, perhaps: what it meant to drop must not be served on as if nothing had been said.
        log.warn('a purge of another process cannot be read: everything is marked stale')
        void apply(allStale)
      } else if (heard.from !== self) void apply(heard.order)
    }),
    channel.onReconnect(() => {
      log.info('purges may have been missed: everything at the edge is marked stale')
      void apply(allStale)
    }),
  ]
  return {
    purge: async (order) => {
      const purged = await apply(order)
      await channel.notify(announcementsOf(self, order))
      return { purged, cdns: await cdns.order(cdnOrderOf(order)) }
    },
    close: () => {
      for (const undo of forget) undo()
    },
  }
}

/** Served once more each and validated behind: what a lost purge was about is found out then. */
const allStale: PurgeOrder = { domain: undefined, everything: true, soft: true }

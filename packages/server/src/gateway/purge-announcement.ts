import { z } from 'zod'
import type { PurgeOrder } from './purges.ts'

/** NOTIFY takes payloads of less than 8,000 bytes (PostgreSQL, NOTIFY); some room is left. */
const maxPayloadBytes = 7900

/** More announcements than this for one purge, and the others are told to drop the domain instead. */
const maxAnnouncements = 200

const announcement = z.strictObject({
  from: z.string(),
  domain: z.string().optional(),
  tags: z.array(z.string()).optional(),
  everything: z.boolean().optional(),
  soft: z.boolean(),
})

/** A purge as payloads: its names are spread over as many as they need; too many are one wider purge. */
export function announcementsOf(from: string, order: PurgeOrder): string[] {
  const { domain, tags = [], everything = false, soft } = order
  const said = { from, domain, soft }
  if (everything) return [JSON.stringify({ ...said, everything })]
  const payloads: string[] = []
  const emptyBytes = Buffer.byteLength(JSON.stringify({ ...said, tags: [] }))
  let names: string[] = []
  let bytes = emptyBytes
  for (const tag of tags) {
    const tagBytes = Buffer.byteLength(JSON.stringify(tag)) + 1
    if (bytes + tagBytes > maxPayloadBytes && names.length > 0) {
      payloads.push(JSON.stringify({ ...said, tags: names }))
      names = []
      bytes = emptyBytes
    }
    names.push(tag)
    bytes += tagBytes
  }
  if (names.length > 0) payloads.push(JSON.stringify({ ...said, tags: names }))
  const fits = payloads.every((payload) => Buffer.byteLength(payload) <= maxPayloadBytes)
  return fits && payloads.length <= maxAnnouncements
    ? payloads
    : [JSON.stringify({ ...said, everything: true })]
}

/** `undefined`: no announcement of this release. */
export function parseAnnouncement(payload: string): { from: string; order: PurgeOrder } | undefined {
  let read: unknown
  try {
    read = JSON.parse(payload)
  } catch {
    return undefined
  }
  const parsed = announcement.safeParse(read)
  if (!parsed.success) return undefined
  const { from, domain, ...rest } = parsed.data
  return { from, order: { ...rest, domain } }
}

import { z } from 'zod'

const status = z.enum(['planned', 'made', 'used', 'late', 'wasted', 'held-out', 'skipped'])
const waited = z.object({ count: z.int(), p50Ms: z.number().nullable(), p99Ms: z.number().nullable() })

/** `GET /v1/predictions`. */
export const predictionsSchema = z.object({
  summary: z.object({
    byStatus: z.record(status, z.int()),
    precision: z.number().nullable(),
    wastedPerUseful: z.number().nullable(),
    costUsd: z.number(),
    waited: z.object({ made: waited, heldOut: waited }),
    saved: z.object({ p50Ms: z.number().nullable(), p99Ms: z.number().nullable() }),
  }),
  predictions: z.array(
    z.object({
      id: z.string(),
      key: z.string(),
      scope: z.string(),
      family: z.string(),
      kind: z.enum(['rewarm', 'sibling', 'new-item', 'catalog']),
      reason: z.string(),
      status,
      plannedAt: z.iso.datetime(),
      madeAt: z.iso.datetime().optional(),
      usedAt: z.iso.datetime().optional(),
      probability: z.number().optional(),
      costUsd: z.number().optional(),
      savedMs: z.number().optional(),
      catalog: z.string().optional(),
    }),
  ),
})

/** One catalogue. */
export const catalogSchema = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.string(),
  prompt: z.string(),
  negative: z.string().nullable(),
  model: z.string().nullable(),
  variations: z.array(
    z.object({
      name: z.string(),
      size: z.string(),
      seed: z.int(),
      style: z.string().nullable(),
      prompt: z.string().nullable(),
    }),
  ),
  schedule: z
    .object({ cron: z.string().optional(), rrule: z.string().optional(), timeZone: z.string() })
    .nullable(),
  leadMinutes: z.number(),
  nextGoLiveAt: z.iso.datetime().nullable(),
  lastGoLiveAt: z.iso.datetime().nullable(),
  /** Pictures are made ahead only where the scope has a budget for it. */
  madeAhead: z.boolean(),
  items: z.object({ live: z.int(), staged: z.int() }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})

const picture = z.object({
  variation: z.string(),
  url: z.string(),
  status: z.enum(['none', 'queued', 'running', 'stored', 'failed', 'cancelled']),
  imageId: z.string().optional(),
})
const version = z.object({ fields: z.record(z.string(), z.string()), pictures: z.array(picture) })

/** One item of a catalogue: what holds, and what holds from the next go-live on. */
export const catalogItemSchema = z.object({
  id: z.string(),
  live: version.nullable(),
  liveAt: z.iso.datetime().nullable(),
  staged: version.nullable(),
  isRemoval: z.boolean(),
})

export const catalogImportResultSchema = z.object({
  changed: z.int(),
  unchanged: z.int(),
  removed: z.int(),
  /** `null`: at once. */
  goesLiveAt: z.iso.datetime().nullable(),
})

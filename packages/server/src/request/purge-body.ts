import { z } from 'zod'
import { isImageId } from './image-query.ts'
import { parseWith } from './query.ts'

/** What `POST /v1/purge` drops: exactly one of these. */
export type PurgeTarget =
  | { kind: 'tags'; tags: readonly string[] }
  | { kind: 'images'; images: readonly string[] }
  | { kind: 'urls'; urls: readonly string[] }
  | { kind: 'everything' }

/** A purge, read. */
export interface PurgeAsk {
  target: PurgeTarget
  /** Mark stale instead of dropping. */
  soft: boolean
}

/** What one call may name: as many as the strictest CDN takes in one. */
export const maxPurgeNames = 100

/** As tags stand in headers: printable ASCII without space or comma, which separate them. */
const tagName = z
  .string()
  .regex(/^[\x21-\x2b\x2d-\x7e]+$/u, 'must be printable ASCII without spaces and commas')
  .max(128, 'must have at most 128 characters')

const imageId = z.string().refine(isImageId, 'must be an image id: img_ and 32 characters')

/** A prompt of 4,000 characters, each percent-encoded at its worst, with room for the rest. */
const urlText = z.string().min(1).max(65_536, 'must have at most 65536 characters')

interface PurgeBody {
  tags?: string[] | undefined
  images?: string[] | undefined
  urls?: string[] | undefined
  everything?: true | undefined
  soft?: boolean | undefined
}

const targetNames = ['tags', 'images', 'urls', 'everything'] as const

/** The body of `POST /v1/purge`. */
export const purgeBodySchema: z.ZodType<PurgeBody> = z
  .strictObject({
    tags: z.array(tagName).min(1).max(maxPurgeNames).optional(),
    images: z.array(imageId).min(1).max(maxPurgeNames).optional(),
    urls: z.array(urlText).min(1).max(maxPurgeNames).optional(),
    everything: z.literal(true, 'must be true, or left out').optional(),
    soft: z.boolean().optional(),
  })
  .refine((body) => targetNames.filter((name) => body[name] !== undefined).length === 1, {
    message: `give exactly one of ${targetNames.join(', ')}, like {"tags": ["spring"]}`,
    params: { param: 'tags' },
  })

/** @throws DarkroomError invalid_request, unknown_parameter */
export function parsePurgeBody(body: unknown): PurgeAsk {
  const { tags, images, urls, soft = false } = parseWith(purgeBodySchema, body)
  return { target: targetOf(tags, images, urls), soft }
}

function targetOf(
  tags: readonly string[] | undefined,
  images: readonly string[] | undefined,
  urls: readonly string[] | undefined,
): PurgeTarget {
  if (tags !== undefined) return { kind: 'tags', tags }
  if (images !== undefined) return { kind: 'images', images }
  if (urls !== undefined) return { kind: 'urls', urls }
  return { kind: 'everything' }
}

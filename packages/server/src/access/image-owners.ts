import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { createRowMemo } from './row-memo.ts'

/** Whose a stored picture is. */
export interface ImageOwner {
  /** The sharing domain of a generated picture, the project of an upload. */
  domain: string
  /** Scopes of the requests that asked for it; an upload has none. */
  askedIn: readonly { project: string; scope: string }[]
}

/** Owners of pictures, from memory where they have been asked for. */
export interface ImageOwners {
  of(id: string): Promise<ImageOwner | undefined>
  clear(): void
}

/** Requests that one popular picture has may be millions; of their scopes so many are looked at. */
const maxScopes = 200

export function createImageOwners(options: { database: Kysely<Schema>; now: () => number }): ImageOwners {
  const { database, now } = options
  const memo = createRowMemo<{ owner: ImageOwner; readAt: number }>({ kind: 'image-owner', maxRows: 50_000 })
  const load = async (id: string): Promise<{ owner: ImageOwner; readAt: number }> => {
    const owner = await readOwner(database, id)
    if (owner === undefined) throw new UnknownImage()
    return { owner, readAt: now() }
  }
  return {
    of: async (id) => {
      try {
        const kept = memo.peek(id)
        // A later request may have asked for it in an open scope; who it belongs to never changes.
        if (kept !== undefined && now() - kept.readAt > maxAgeMs) memo.delete(id)
        return (await memo.get(id, () => load(id))).owner
      } catch (error) {
        if (error instanceof UnknownImage) return undefined
        throw error
      }
    },
    clear: () => memo.clear(),
  }
}

const maxAgeMs = 30_000

/** Errors are never kept: a picture that is not there yet may be in a moment. */
class UnknownImage extends Error {
  override readonly name = 'UnknownImage'
}

async function readOwner(database: Kysely<Schema>, id: string): Promise<ImageOwner | undefined> {
  const image = await database
    .selectFrom('images')
    .select(['project', 'kind', 'generation_id'])
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (image === undefined) return undefined
  if (image.kind === 'slide') return { domain: image.project, askedIn: await scopesOfSlide(database, id) }
  if (image.generation_id === null) return { domain: image.project, askedIn: [] }
  const askedIn = await database
    .selectFrom('request_images')
    .innerJoin('requests', 'requests.id', 'request_images.request_id')
    .select(['requests.project', 'requests.scope'])
    .distinct()
    .where('request_images.generation_id', '=', image.generation_id)
    .limit(maxScopes)
    .execute()
  return { domain: image.project, askedIn }
}

/** Equal slides of several carousels are one picture. */
async function scopesOfSlide(
  database: Kysely<Schema>,
  imageId: string,
): Promise<{ project: string; scope: string }[]> {
  return await database
    .selectFrom('carousel_slides')
    .innerJoin('carousels', 'carousels.id', 'carousel_slides.carousel_id')
    .select(['carousels.project', 'carousels.scope'])
    .distinct()
    .where('carousel_slides.image_id', '=', imageId)
    .limit(maxScopes)
    .execute()
}

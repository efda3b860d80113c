import type { Kysely, RawBuilder, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { isStillToBeRead } from './retention-rules.ts'

/** A picture that is gone for readers, whose bytes and cached copies are still to go. */
export interface GonePicture {
  id: string
  objectHash: string
  /** The sharing domain of a generated picture, the project of any other. */
  project: string
  /** Projects that have asked for it, as far as that is still known. */
  askedBy: string[]
}

/**
 * Takes a picture down that is kept no longer, with the requests that have no other picture. Its generation stays as a
 * number: the next ask for its key starts the next revision, since a picture's address is for one picture for ever.
 * @param expired asked again, of the rows as they are locked: somebody may have asked for it meanwhile
 * @returns `undefined` when it is kept after all
 */
export async function expirePicture(
  database: Kysely<Schema>,
  id: string,
  expired: RawBuilder<boolean>,
): Promise<GonePicture | undefined> {
  return await database.transaction().execute(async (transaction) => {
    // Before the picture, as `carousels/claims.ts` does: a carousel that takes an equal slide has its result locked.
    await sql`select from slide_results where image_id = ${id} order by key collate "C" for update`.execute(
      transaction,
    )
    // Who asks for a generated picture refers to its record, which waits for this lock.
    await sql`
      select from generations where id = (select generation_id from images where id = ${id}) for update
    `.execute(transaction)
    const { rows } = await sql<{ id: string }>`
      select picture.id from images as picture where picture.id = ${id} and ${expired} for update
    `.execute(transaction)
    return rows.length === 0 ? undefined : await takeAway(transaction, id)
  })
}

async function takeAway(transaction: Transaction<Schema>, id: string): Promise<GonePicture> {
  const image = await transaction
    .updateTable('images')
    .set({ deleted_at: sql<Date>`now()` })
    .where('id', '=', id)
    .returning(['object_hash', 'project', 'generation_id'])
    .executeTakeFirstOrThrow()
  await transaction.deleteFrom('slide_results').where('image_id', '=', id).execute()
  const askedBy = image.generation_id === null ? [] : await retireForGood(transaction, image.generation_id)
  return { id, objectHash: image.object_hash, project: image.project, askedBy }
}

/** @returns the projects whose requests asked for it */
async function retireForGood(transaction: Transaction<Schema>, generationId: string): Promise<string[]> {
  await transaction
    .updateTable('generations')
    .set((eb) => ({
      retired_at: eb.fn.coalesce('retired_at', sql<Date>`now()`),
      taken_down_at: sql<Date>`now()`,
    }))
    .where('id', '=', generationId)
    .execute()
  await transaction.deleteFrom('generation_events').where('generation_id', '=', generationId).execute()
  const requests = await transaction
    .selectFrom('requests')
    .innerJoin('request_images', 'request_images.request_id', 'requests.id')
    .select(['requests.id', 'requests.project'])
    .distinct()
    .where('request_images.generation_id', '=', generationId)
    .execute()
  await deleteEmptyRequests(
    transaction,
    requests.map(({ id }) => id),
  )
  await wipe(transaction, [generationId])
  return [...new Set(requests.map(({ project }) => project))]
}

/** Those of these requests that have no picture, and wait for none. */
async function deleteEmptyRequests(transaction: Transaction<Schema>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const { rows } = await sql<{ generation_id: string }>`
    with deleted as (
      delete from requests where id = any(${[...ids]}) and not exists (
        select from request_images join generations on generations.id = request_images.generation_id
        where request_images.request_id = requests.id
          and (generations.status in ('queued', 'running')
            or (generations.status = 'stored' and generations.taken_down_at is null))
      )
      returning id
    )
    select distinct generation_id from request_images where request_id in (select id from deleted)
  `.execute(transaction)
  await wipe(
    transaction,
    rows.map((row) => row.generation_id),
  )
}

/** What was asked for is nobody's any more; the key and its revisions stay. */
async function wipe(transaction: Transaction<Schema>, generationIds: readonly string[]): Promise<void> {
  if (generationIds.length === 0) return
  await sql`
    update generations
    set prompt = '', negative = null, style = null, warnings = '[]', timings = '{}', project = null, scope = null
    where id = any(${[...generationIds]}::bigint[]) and taken_down_at is not null
      and not exists (select from request_images where generation_id = generations.id)
  `.execute(transaction)
}

/**
 * Deletes a generation that has no picture, with its requests, unless they have other pictures. Nobody was ever given a
 * picture of that revision, so it may be begun again.
 * @returns whether it was deleted
 */
export async function expireRecord(
  database: Kysely<Schema>,
  id: string,
  expired: RawBuilder<boolean>,
): Promise<boolean> {
  return await database.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ id: string }>`
      select record.id from generations as record where record.id = ${id} and ${expired} for update
    `.execute(transaction)
    if (rows.length === 0) return false
    const requests = await transaction
      .selectFrom('request_images')
      .select('request_id')
      .where('generation_id', '=', id)
      .execute()
    await deleteEmptyRequests(
      transaction,
      requests.map((row) => row.request_id),
    )
    const deleted = await sql`
      delete from generations where id = ${id}
        and not exists (select from request_images where generation_id = ${id})
    `.execute(transaction)
    return deleted.numAffectedRows === 1n
  })
}

/**
 * Deletes a carousel, and takes down the slides that no other carousel has.
 * @returns those slides; `undefined` when it is kept after all
 */
export async function expireCarousel(
  database: Kysely<Schema>,
  id: string,
  expired: RawBuilder<boolean>,
): Promise<GonePicture[] | undefined> {
  return await database.transaction().execute(async (transaction) => {
    // Results before the carousel, in the order of `carousels/claims.ts`.
    const slides = await sql<{ image_id: string }>`
      select image_id from slide_results
      where carousel_id = ${id} or image_id in (select image_id from carousel_slides where carousel_id = ${id})
      order by key collate "C" for update
    `.execute(transaction)
    const { rows } = await sql<{ id: string }>`
      select carousel.id from carousels as carousel where carousel.id = ${id} and ${expired} for update
    `.execute(transaction)
    if (rows.length === 0) return undefined
    const own = await sql<{ image_id: string }>`
      select image_id from carousel_slides where carousel_id = ${id} and image_id is not null
    `.execute(transaction)
    const ids = [...new Set([...slides.rows, ...own.rows].map((row) => row.image_id))]
    await handOver(transaction, id, ids)
    await transaction.deleteFrom('carousels').where('id', '=', id).execute()
    return await takeAwayUnused(transaction, ids)
  })
}

/** Slides that another carousel has too stay findable: who asks for an equal one gets it. */
async function handOver(
  transaction: Transaction<Schema>,
  id: string,
  imageIds: readonly string[],
): Promise<void> {
  await sql`
    update slide_results set carousel_id = other.carousel_id
    from carousel_slides as other
    where slide_results.image_id = any(${[...imageIds]}) and slide_results.carousel_id = ${id}
      and other.image_id = slide_results.image_id and other.carousel_id <> ${id}
  `.execute(transaction)
}

async function takeAwayUnused(
  transaction: Transaction<Schema>,
  imageIds: readonly string[],
): Promise<GonePicture[]> {
  const unused = await sql<{ id: string }>`
    select id from images where id = any(${[...imageIds]}) and kind = 'slide' and deleted_at is null
      and not exists (select from carousel_slides where image_id = images.id)
      and not ${isStillToBeRead('images')}
    for update
  `.execute(transaction)
  const gone: GonePicture[] = []
  for (const { id } of unused.rows) gone.push(await takeAway(transaction, id))
  return gone
}

/** The bytes and the cached copies of a picture are gone: nothing is left to do for it. */
export async function forgetPicture(database: Kysely<Schema>, id: string): Promise<void> {
  await sql`
    delete from images where id = ${id} and deleted_at is not null
      and not exists (select from carousels where base_image_id = images.id)
      and not exists (select from carousel_slides where image_id = images.id)
  `.execute(database)
}

/** Whoever took a picture down ends it himself in less than this. */
const unfinishedMs = 10 * 60_000

/** Pictures that were taken down a while ago and whose row is still there. Bases and slides of carousels keep theirs. */
export async function gonePictures(
  database: Kysely<Schema>,
  now: Date,
  limit: number,
): Promise<GonePicture[]> {
  const { rows } = await sql<{ id: string; object_hash: string; project: string; asked_by: string[] }>`
    select id, object_hash, project, array(
      select distinct requests.project from request_images
      join requests on requests.id = request_images.request_id
      where request_images.generation_id = images.generation_id
    ) as asked_by
    from images where deleted_at < ${now}::timestamptz - ${unfinishedMs} * interval '1 millisecond'
      and not exists (select from carousels where base_image_id = images.id)
      and not exists (select from carousel_slides where image_id = images.id)
    order by deleted_at limit ${limit}
  `.execute(database)
  return rows.map((row) => ({
    id: row.id,
    objectHash: row.object_hash,
    project: row.project,
    askedBy: row.asked_by,
  }))
}

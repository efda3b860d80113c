import type { Kysely, RawBuilder, Selectable, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { ImagesTable, Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import { uploadIdOf } from '../request/picture-spec.ts'

export type ImageRow = Selectable<ImagesTable>

/** A picture by its id. @throws DarkroomError not_found, also when it was taken down */
export async function readImage(database: Kysely<Schema>, id: string): Promise<ImageRow> {
  const row = await database
    .selectFrom('images')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined)
    throw new DarkroomError('not_found', 'There is no such picture, or it was taken down.')
  return row
}

/** The seed of a picture that was generated; uploads have none. */
export async function seedOfImage(database: Kysely<Schema>, image: ImageRow): Promise<number | undefined> {
  if (image.generation_id === null) return undefined
  const row = await database
    .selectFrom('generations')
    .select('seed')
    .where('id', '=', image.generation_id)
    .executeTakeFirst()
  return row === undefined ? undefined : Number(row.seed)
}

/** Ids of the pictures of all requests and carousels that have one of these tags, taken down or not, at most `limit`. */
export async function imageIdsOfTags(
  database: Kysely<Schema>,
  project: string,
  tags: readonly string[],
  limit: number,
): Promise<string[]> {
  const rows = await database
    .selectFrom('requests')
    .innerJoin('request_images', 'request_images.request_id', 'requests.id')
    .innerJoin('images', 'images.generation_id', 'request_images.generation_id')
    .select('images.id')
    .distinct()
    .where('requests.project', '=', project)
    .where(bearsOneOf('requests.tags', tags))
    .union((slides) =>
      slides
        .selectFrom('carousels')
        .innerJoin('carousel_slides', 'carousel_slides.carousel_id', 'carousels.id')
        .innerJoin('images', 'images.id', 'carousel_slides.image_id')
        .select('images.id')
        .where('carousels.project', '=', project)
        .where(bearsOneOf('carousels.tags', tags)),
    )
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

/** In the words of the partial indexes of migration 0013: PostgreSQL does not conclude that such a row has tags. */
function bearsOneOf(
  column: 'requests.tags' | 'carousels.tags',
  tags: readonly string[],
): RawBuilder<boolean> {
  return sql<boolean>`(${sql.ref(column)} <> '{}' and ${sql.ref(column)} && ${[...tags]}::text[])`
}

export interface UploadedObject {
  project: string
  objectHash: string
  format: string
  widthPx: number
  heightPx: number
  bytes: number
}

/** Names uploaded bytes; the same bytes of one project have one id, and uploading them again revives it. */
export async function registerUpload(
  database: Pick<Transaction<Schema>, 'insertInto'>,
  secret: string,
  upload: UploadedObject,
): Promise<ImageRow> {
  return await database
    .insertInto('images')
    .values({
      id: uploadIdOf(secret, upload.project, upload.objectHash),
      project: upload.project,
      kind: 'upload',
      object_hash: upload.objectHash,
      format: upload.format,
      width_px: upload.widthPx,
      height_px: upload.heightPx,
      bytes: upload.bytes,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ deleted_at: null }))
    .returningAll()
    .executeTakeFirstOrThrow()
}

/**
 * Takes a picture down: it is gone for readers, and its generation is retired, so that a new ask makes a new
 * revision instead of serving what was taken down.
 * @throws DarkroomError not_found
 */
export async function takeDown(database: Kysely<Schema>, project: string, id: string): Promise<ImageRow> {
  return await database.transaction().execute(async (transaction) => {
    const image = await transaction
      .updateTable('images')
      .set({ deleted_at: new Date() })
      .where('id', '=', id)
      .where('project', '=', project)
      .where('deleted_at', 'is', null)
      .returningAll()
      .executeTakeFirst()
    if (image === undefined)
      throw new DarkroomError('not_found', 'There is no such picture, or it was taken down.')
    // Who asks for an equal slide gets a new one, under another id.
    if (image.kind === 'slide') {
      await transaction.deleteFrom('slide_results').where('image_id', '=', id).execute()
    }
    if (image.generation_id !== null) {
      await retire(transaction, image.generation_id)
      await transaction
        .updateTable('generations')
        .set({ taken_down_at: new Date() })
        .where('id', '=', image.generation_id)
        .execute()
    }
    return image
  })
}

/** Pictures that were made from this one, taken down or not: the slides of every carousel that it is the base of. */
export async function imagesMadeFrom(
  database: Kysely<Schema>,
  id: string,
): Promise<{ id: string; project: string }[]> {
  return await database
    .selectFrom('carousels')
    .innerJoin('carousel_slides', 'carousel_slides.carousel_id', 'carousels.id')
    .innerJoin('images', 'images.id', 'carousel_slides.image_id')
    .select(['images.id', 'images.project'])
    .distinct()
    .where('carousels.base_image_id', '=', id)
    .execute()
}

/** The object of a picture that was taken down; `undefined` when there was never such a picture. */
export async function objectOfTakenDown(
  database: Kysely<Schema>,
  project: string,
  id: string,
): Promise<string | undefined> {
  const row = await database
    .selectFrom('images')
    .select('object_hash')
    .where('id', '=', id)
    .where('project', '=', project)
    .where('deleted_at', 'is not', null)
    .executeTakeFirst()
  return row?.object_hash
}

/**
 * Holds off deletion of an object while the transaction puts it and refers to it. Without this a takedown of the
 * same bytes could fall between the two and leave a record whose picture is gone.
 */
export async function keepObject(transaction: Transaction<Schema>, objectHash: string): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${objectLock}, hashtext(${objectHash}))`.execute(transaction)
}

/** Deletes an object that no picture refers to any more. @returns whether it was deleted */
export async function deleteOrphan(
  database: Kysely<Schema>,
  objectHash: string,
  deleteObject: (hash: string) => Promise<void>,
): Promise<boolean> {
  return await database.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${objectLock}, hashtext(${objectHash}))`.execute(transaction)
    const shared = await transaction
      .selectFrom('images')
      .select('id')
      .where('object_hash', '=', objectHash)
      .where('deleted_at', 'is', null)
      .limit(1)
      .executeTakeFirst()
    if (shared !== undefined) return false
    await deleteObject(objectHash)
    return true
  })
}

/** The class of our advisory locks on objects ("dro" in ASCII), apart from those of workers and pg-boss. */
const objectLock = 0x64726f

/** The next ask for this record's key starts the next revision. */
export async function retire(transaction: Transaction<Schema>, generationId: string): Promise<void> {
  await transaction
    .updateTable('generations')
    .set({ retired_at: new Date() })
    .where('id', '=', generationId)
    .where('retired_at', 'is', null)
    .execute()
}

/**
 * The row that makes a stored generation readable under its image id: for a `with` clause after the one in which the record
 * was written.
 */
export function imageOfWritten(record: string): RawBuilder<Record<string, unknown>> {
  return sql<Record<string, unknown>>`(
    insert into images (
      id, project, kind, generation_id, object_hash, format, width_px, height_px, bytes
    )
    select image_id, domain, 'generation', id, object_hash, format, width_px, height_px, coalesce(bytes, 0)
    from ${sql.table(record)}
    on conflict (id) do nothing
    returning id
  )`
}

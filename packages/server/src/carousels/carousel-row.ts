import type { Kysely, Selectable, Transaction } from 'kysely'
import type { CarouselsTable, CarouselSlidesTable, Schema, SlideResultsTable } from '../database/schema.ts'
import { DarkroomError, isErrorCode } from '../errors.ts'
import type { JobQueue } from '../queue/job-queue.ts'

export type CarouselRow = Selectable<CarouselsTable>
export type SlideRow = Selectable<CarouselSlidesTable>
export type SlideResultRow = Selectable<SlideResultsTable>

/** What every step on the records needs. */
export interface CarouselContext {
  database: Kysely<Schema>
  /** The queue of carousels. */
  queue: JobQueue
  now: () => number
}

/**
 * The order in which transactions lock, so that none waits for another for ever: rows of `slide_results` and
 * `base_claims` by key, then carousels by id, then slides.
 */
export type Locked = Transaction<Schema>

/** @throws DarkroomError not_found, also for a carousel of another project: ids never cross projects */
export async function readCarousel(
  database: Pick<Kysely<Schema>, 'selectFrom'>,
  project: string,
  id: string,
): Promise<CarouselRow> {
  // What has not the form of an id may have bytes that the database refuses.
  const row = /^car_[A-Za-z0-9_-]{22}$/u.test(id)
    ? await database
        .selectFrom('carousels')
        .selectAll()
        .where('id', '=', id)
        .where('project', '=', project)
        .executeTakeFirst()
    : undefined
  if (row === undefined) throw new DarkroomError('not_found', 'There is no such carousel.')
  return row
}

/** The same, held until the transaction ends. @throws DarkroomError not_found */
export async function lockCarousel(transaction: Locked, project: string, id: string): Promise<CarouselRow> {
  const { id: known } = await readCarousel(transaction, project, id)
  return await transaction
    .selectFrom('carousels')
    .selectAll()
    .where('id', '=', known)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

/** A carousel held until the transaction ends, if it is still that run's. */
export async function holdLeased(
  transaction: Locked,
  id: string,
  lease: string,
): Promise<CarouselRow | undefined> {
  return await transaction
    .selectFrom('carousels')
    .selectAll()
    .where('id', '=', id)
    .where('lease', '=', lease)
    .where('status', '=', 'running')
    .forUpdate()
    .executeTakeFirst()
}

/** Slides in order. */
export async function readSlides(
  database: Pick<Kysely<Schema>, 'selectFrom'>,
  carouselId: string,
): Promise<SlideRow[]> {
  return await database
    .selectFrom('carousel_slides')
    .selectAll()
    .where('carousel_id', '=', carouselId)
    .orderBy('index')
    .execute()
}

/** The error that a failed carousel or slide keeps, as its caller is told it. */
export function storedErrorOf(
  failed: { error_code: string | null; error_message: string | null },
  carouselId: string,
): DarkroomError {
  const code = failed.error_code !== null && isErrorCode(failed.error_code) ? failed.error_code : 'internal'
  return new DarkroomError(code, failed.error_message ?? 'The carousel failed.', { carouselId })
}

import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import type { StoredWork } from '../database/schema.ts'
import { whenDatabaseIsBack } from '../database/database-retry.ts'
import type { GenerationRow } from '../generation/generation-row.ts'
import type { ImageRow } from '../generation/image-rows.ts'
import { keepObject, registerUpload } from '../generation/image-rows.ts'
import type { Lease } from '../queue/job-queue.ts'
import type { BaseClaim } from './base-claims.ts'
import { claimBase, failWithBase, shareBase } from './base-claims.ts'
import { tell } from './carousel-events.ts'
import type { CarouselFailure, Claimed, LeasedCarousel, StoredBase, StoredSlide } from './carousel-lease.ts'
import type { CarouselContext, CarouselRow, Locked, SlideRow } from './carousel-row.ts'
import { holdLeased, placeOf } from './carousel-row.ts'
import { claimOpenSlides, SlidesChanged } from './claim-open-slides.ts'
import { releaseClaims } from './claims.ts'
import { failOpenSlides } from './end-carousel.ts'
import { settleIfDone, workValues } from './settle-slides.ts'
import { failSlide, storeSlide } from './store-slide.ts'
import { addWork, slidesOfOthers } from './work-counts.ts'

/**
 * Takes the carousel of a job for this worker. `undefined` when there is nothing to do: it has settled, waits or runs, or
 * another job has replaced this one. A running one is its worker's, whatever the queue says (`leaseGeneration`).
 */
export async function leaseCarousel(
  job: Lease,
  context: CarouselContext & { secret: string; workerId: number; signal?: AbortSignal | undefined },
): Promise<LeasedCarousel | undefined> {
  const lease = randomUUID()
  const row = await whenDatabaseIsBack(
    () =>
      context.database
        .updateTable('carousels')
        .set({ status: 'running', lease, worker_id: context.workerId })
        .where('id', '=', job.recordId)
        .where('job_id', '=', job.jobId)
        // Or taken by an earlier round of this, whose answer was lost with its connection.
        .where((eb) => eb.or([eb('status', '=', 'queued'), eb('lease', '=', lease)]))
        .where('waits_for', 'is', null)
        .returningAll()
        .executeTakeFirst(),
    context.signal,
  )
  return row === undefined ? undefined : new Leased(row, lease, context)
}

class Leased implements LeasedCarousel {
  readonly row: CarouselRow
  readonly #lease: string
  readonly #context: CarouselContext & { secret: string; signal?: AbortSignal | undefined }
  readonly #stretches = new Map<symbol, StoredWork>()
  /** The edit that is counted, and the stretches that came before it; one may come in the middle of a run. */
  #edit: { before: StoredWork; without: ReadonlySet<symbol> } | undefined

  constructor(
    row: CarouselRow,
    lease: string,
    context: CarouselContext & { secret: string; signal?: AbortSignal | undefined },
  ) {
    this.row = row
    this.#lease = lease
    this.#context = context
    if (row.edit !== null) this.#edit = { before: row.edit.work, without: new Set() }
  }

  get work(): StoredWork {
    return [...this.#stretches.values()].reduce(addWork, this.row.work)
  }

  /** Of the edit that this run is for. */
  get #editWork(): StoredWork | undefined {
    const edit = this.#edit
    if (edit === undefined) return undefined
    const counted = [...this.#stretches].filter(([stretch]) => !edit.without.has(stretch))
    return counted.map(([, units]) => units).reduce(addWork, edit.before)
  }

  count(stretch: symbol, units: StoredWork): void {
    this.#stretches.set(stretch, units)
  }

  async readGeneration(): Promise<GenerationRow | undefined> {
    const id = this.row.base_generation_id
    if (id === null) return undefined
    return await whenDatabaseIsBack(() =>
      this.#context.database.selectFrom('generations').selectAll().where('id', '=', id).executeTakeFirst(),
    )
  }

  claimBase(key: string): Promise<BaseClaim> {
    return this.#transaction((transaction) =>
      claimBase(transaction, { carouselId: this.row.id, lease: this.#lease, key }),
    )
  }

  storeBase(base: StoredBase): Promise<boolean> {
    return this.#transaction(async (transaction) => {
      // Claims come before carousels, and objects before both.
      await keepObject(transaction, base.objectHash)
      const image = await this.#imageOf(transaction, base)
      return await shareBase(transaction, this.#context, {
        carouselId: this.row.id,
        lease: this.#lease,
        hash: base.objectHash,
        imageId: image.id,
        how: base.how,
      })
    })
  }

  storeLogo(logo: StoredBase): Promise<boolean> {
    return this.#transaction(async (transaction) => {
      await keepObject(transaction, logo.objectHash)
      await this.#imageOf(transaction, logo)
      const updated = await transaction
        .updateTable('carousels')
        .set({ logo_hash: logo.objectHash, logo_how: logo.how ?? null })
        .where('id', '=', this.row.id)
        .where('lease', '=', this.#lease)
        .returning('id')
        .executeTakeFirst()
      return updated !== undefined
    })
  }

  async #imageOf(transaction: Locked, { image, objectHash }: StoredBase): Promise<Pick<ImageRow, 'id'>> {
    if ('id' in image) return image
    const { put, ...facts } = image
    await put()
    return await registerUpload(transaction, this.#context.secret, {
      ...facts,
      project: this.row.project,
      objectHash,
    })
  }

  async claimSlides(
    keysOf: (slides: readonly SlideRow[]) => ReadonlyMap<number, string>,
  ): Promise<Claimed | undefined> {
    for (;;) {
      try {
        const claimed = await this.#transaction((transaction) =>
          claimOpenSlides(transaction, this.#context, this.row, this.#lease, keysOf),
        )
        if (claimed !== undefined) this.#begin(claimed)
        return claimed
      } catch (error) {
        if (!(error instanceof SlidesChanged)) throw error
      }
    }
  }

  #begin({ mine, others, isEdited }: Claimed): void {
    if (isEdited) this.#edit ??= { before: {}, without: new Set(this.#stretches.keys()) }
    if (others.joined + others.cached === 0) return
    this.count(Symbol('others'), slidesOfOthers(others, mine.size === 0))
  }

  storeSlide(slide: StoredSlide): Promise<boolean> {
    return this.#transaction((transaction, round) =>
      storeSlide(transaction, this.#context, slide, {
        ...this.#own(),
        project: this.row.project,
        mayBeDone: round > 0,
      }),
    )
  }

  failSlide(key: string, failure: CarouselFailure): Promise<boolean> {
    return this.#transaction((transaction) =>
      failSlide(transaction, this.#context, key, failure, this.#own()),
    )
  }

  finish(): Promise<'ended' | 'more'> {
    return this.#transaction(async (transaction) => {
      const held = await holdLeased(transaction, this.row.id, this.#lease)
      if (held === undefined) return 'ended'
      await transaction
        .updateTable('carousels')
        .set(workValues(held, this.#own()))
        .where('id', '=', held.id)
        .execute()
      if (await settleIfDone(transaction, this.#context, held)) return 'ended'
      if (!(await this.#waitsForOthers(transaction))) return 'more'
      await transaction
        .updateTable('carousels')
        .set({ status: 'queued', waits_for: 'slides', job_id: null, lease: null, worker_id: null })
        .where('id', '=', held.id)
        .execute()
      return 'ended'
    })
  }

  /** Whether all that is still to come is being made by other carousels. */
  async #waitsForOthers(transaction: Locked): Promise<boolean> {
    const { rows } = await sql<{ index: number }>`
      select slide.index from carousel_slides slide
      where slide.carousel_id = ${this.row.id} and slide.status = 'queued' and not exists (
        select from slide_results result join carousels maker on maker.id = result.carousel_id
        where result.key = slide.slide_key and result.carousel_id <> ${this.row.id}
          and result.status = 'making' and maker.status in ('queued', 'running')
      ) limit 1
    `.execute(transaction)
    return rows.length === 0
  }

  fail(failure: CarouselFailure, baseKey?: string): Promise<boolean> {
    return this.#transaction(async (transaction) => {
      // Asked before, since claims are locked first: a run that lost its lease must not give up another's.
      if (!(await this.#isLeased(transaction))) return false
      // Those that waited for the same fetch fail with it: they would only meet the same.
      if (baseKey !== undefined) await failWithBase(transaction, this.#context, this.row.id, baseKey, failure)
      await releaseClaims(transaction, this.#context, this.row.id)
      if ((await holdLeased(transaction, this.row.id, this.#lease)) === undefined) return false
      await failOpenSlides(transaction, this.#context, this.row.id, failure)
      return true
    })
  }

  async #isLeased(transaction: Locked): Promise<boolean> {
    const row = await transaction
      .selectFrom('carousels')
      .select('id')
      .where('id', '=', this.row.id)
      .where('lease', '=', this.#lease)
      .executeTakeFirst()
    return row !== undefined
  }

  requeue({ delayS, isRetry }: { delayS: number; isRetry: boolean }): Promise<boolean> {
    return this.#transaction(async (transaction) => {
      const jobId = randomUUID()
      const queued = await tell(transaction, this.#context.queue, {
        carouselId: this.row.id,
        type: 'queued',
        data: isRetry ? { retry: this.row.retries + 1 } : {},
        lease: this.#lease,
        values: {
          status: 'queued',
          job_id: jobId,
          lease: null,
          worker_id: null,
          ...(isRetry ? { retries: this.row.retries + 1 } : {}),
        },
      })
      if (queued === undefined) return false
      await this.#context.queue.enqueue(
        { jobId, recordId: this.row.id },
        { transaction, ...placeOf(queued), ...(delayS === 0 ? {} : { delayS }) },
      )
      return true
    })
  }

  #own(): { carouselId: string; work: StoredWork; editWork: StoredWork | undefined } {
    return { carouselId: this.row.id, work: this.work, editWork: this.#editWork }
  }

  #transaction<T>(run: (transaction: Locked, round: number) => Promise<T>): Promise<T> {
    const { database, signal } = this.#context
    return whenDatabaseIsBack(
      (round) => database.transaction().execute((transaction) => run(transaction, round)),
      signal,
    )
  }
}

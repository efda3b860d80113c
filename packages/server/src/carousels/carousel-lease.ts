import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import type { StoredWork } from '../database/schema.ts'
import { DarkroomError, type ErrorCode } from '../errors.ts'
import { whenDatabaseIsBack } from '../generation/database-retry.ts'
import type { GenerationRow } from '../generation/generation-row.ts'
import type { ImageRow, UploadedObject } from '../generation/image-rows.ts'
import { keepObject, registerUpload } from '../generation/image-rows.ts'
import type { Lease } from '../queue/job-queue.ts'
import type { BaseClaim } from './base-claims.ts'
import { claimBase, failWithBase, shareBase } from './base-claims.ts'
import { tell } from './carousel-events.ts'
import type { CarouselContext, CarouselRow, Locked, SlideRow } from './carousel-row.ts'
import { readSlides } from './carousel-row.ts'
import { claimSlides, releaseClaims } from './claims.ts'
import { failOpenSlides } from './end-carousel.ts'
import { settleIfDone, settleSlides, slideValues, eventData, workValues } from './settle-slides.ts'
import { addWork, slidesOfOthers } from './work-counts.ts'

/**
 * What a worker does to the carousel it leased. Steps on the carousel are fenced by its lease, steps on a slide by
 * the claim on it; all wait for a database that restarts, and find what they have done when their answer was lost.
 */
export interface LeasedCarousel {
  readonly row: CarouselRow
  /** What the carousel has needed so far, this run included. */
  readonly work: StoredWork
  /** Adds what a stretch of this run needs; called again, it replaces what was said of that stretch. */
  count(stretch: symbol, units: StoredWork): void
  /** The generation that the base is. */
  readGeneration(): Promise<GenerationRow | undefined>
  /** Claims the fetch of the base. `waiting`: another carousel fetches it, and this run is over. */
  claimBase(key: string): Promise<BaseClaim>
  /** The base is here: for this carousel and for all that wait for the same fetch. @returns false: lease lost */
  storeBase(base: StoredBase): Promise<boolean>
  storeLogo(logo: StoredBase): Promise<boolean>
  /** Claims the slides that are still to come. `undefined`: the lease is lost. */
  claimSlides(keysOf: (slides: readonly SlideRow[]) => ReadonlyMap<number, string>): Promise<Claimed | undefined>
  /** @returns false when the slide is no longer this carousel's to make */
  storeSlide(slide: StoredSlide): Promise<boolean>
  failSlide(key: string, failure: CarouselFailure): Promise<boolean>
  /**
   * `ended`: the carousel has settled, waits for slides that others make, or is no longer this run's. `more`: slides
   * were changed or handed over meanwhile.
   */
  finish(): Promise<'ended' | 'more'>
  /** The carousel fails as a whole, with all slides that are still to come. */
  fail(failure: CarouselFailure, baseKey?: string): Promise<boolean>
  /** Hands the carousel back to the queue, to be run again. */
  requeue(reason: { delayS: number; isRetry: boolean }): Promise<boolean>
}

export interface CarouselFailure {
  code: ErrorCode
  message: string
}

/** A base or logo that was fetched, or the picture that a generation made. */
export interface StoredBase {
  objectHash: string
  how: 'ran' | 'joined' | 'cached' | undefined
  /** The picture that it is already; else it is stored as an upload is. */
  image: { id: string } | (Omit<UploadedObject, 'objectHash' | 'project'> & { put: () => Promise<void> })
}

export interface StoredSlide {
  key: string
  objectHash: string
  format: string
  widthPx: number
  heightPx: number
  bytes: number
  fit: Record<string, unknown>
  /** Puts the bytes; called under the lock that keeps a takedown of the same bytes away. */
  put: () => Promise<void>
}

/** What a run has to do. */
export interface Claimed {
  slides: readonly SlideRow[]
  /** Slides that this run makes: index → key. */
  mine: ReadonlyMap<number, string>
  /** Slides that others make at present, or have made. */
  others: { joined: number; cached: number }
}

/** The words of a slide were changed between reading and claiming: the claim is tried again. */
class SlidesChanged extends Error {
  override readonly name = 'SlidesChanged'
}

/**
 * Takes the carousel of a job for this worker. `undefined` when there is nothing to do: it has settled or waits, or
 * another job has replaced this one.
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
        .where('status', 'in', ['queued', 'running'])
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

  constructor(row: CarouselRow, lease: string, context: CarouselContext & { secret: string; signal?: AbortSignal | undefined }) {
    this.row = row
    this.#lease = lease
    this.#context = context
  }

  get work(): StoredWork {
    return [...this.#stretches.values()].reduce(addWork, this.row.work)
  }

  /** Of the edit that this run is for. */
  get #editWork(): StoredWork | undefined {
    if (this.row.edit === null) return undefined
    return [...this.#stretches.values()].reduce(addWork, this.row.edit.work)
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
      claimBase(transaction, this.#context, { carouselId: this.row.id, lease: this.#lease, key }),
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
        const claimed = await this.#transaction((transaction) => this.#claimIn(transaction, keysOf))
        if (claimed !== undefined) this.#countOthers(claimed)
        return claimed
      } catch (error) {
        if (!(error instanceof SlidesChanged)) throw error
      }
    }
  }

  #countOthers({ mine, others }: Claimed): void {
    if (others.joined + others.cached === 0) return
    this.count(Symbol('others'), slidesOfOthers(others, mine.size === 0))
  }

  async #claimIn(
    transaction: Locked,
    keysOf: (slides: readonly SlideRow[]) => ReadonlyMap<number, string>,
  ): Promise<Claimed | undefined> {
    const { id: carouselId, project } = this.row
    const slides = await readSlides(transaction, carouselId)
    const keys = keysOf(slides)
    const wanted = slides.filter(({ status }) => status === 'queued').map(({ index }) => index)
    const claims = await claimSlides(
      transaction,
      { carouselId, project },
      wanted.map((index) => keys.get(index) ?? ''),
    )
    if (!(await this.#hold(transaction))) return undefined
    if (textsOf(await readSlides(transaction, carouselId)) !== textsOf(slides)) throw new SlidesChanged()
    const mine = new Map<number, string>()
    const others = { joined: 0, cached: 0 }
    for (const index of wanted) {
      const key = keys.get(index) ?? ''
      const claim = claims.get(key)
      if (claim === undefined) throw new Error('a slide was not claimed')
      const settlement =
        claim.state === 'stored'
          ? {
              status: 'stored' as const,
              imageId: claim.row.image_id,
              bytes: claim.row.bytes ?? 0,
              fit: claim.row.fit ?? {},
            }
          : undefined
      await transaction
        .updateTable('carousel_slides')
        .set({ slide_key: key, ...(settlement === undefined ? {} : slideValues(settlement)) })
        .where('carousel_id', '=', carouselId)
        .where('index', '=', index)
        .execute()
      if (claim.state === 'mine') mine.set(index, key)
      else others[claim.state === 'stored' ? 'cached' : 'joined'] += 1
      if (settlement === undefined) continue
      await tell(transaction, this.#context.queue, {
        carouselId,
        type: 'slide',
        data: { index, ...eventData(settlement) },
      })
    }
    return { slides, mine, others }
  }

  storeSlide(slide: StoredSlide): Promise<boolean> {
    return this.#transaction(async (transaction, round) => {
      await keepObject(transaction, slide.objectHash)
      const [put, claimed] = await Promise.allSettled([slide.put(), this.#storeResult(transaction, slide)])
      if (put.status === 'rejected') throw put.reason
      if (claimed.status === 'rejected') throw claimed.reason
      // The answer to an earlier commit may have been lost with its connection.
      if (claimed.value === undefined) return round > 0 && (await this.#isStored(transaction, slide.key))
      await this.#requireBase(transaction)
      await transaction
        .insertInto('images')
        .values({
          id: claimed.value,
          project: this.row.project,
          kind: 'slide',
          object_hash: slide.objectHash,
          format: slide.format,
          width_px: slide.widthPx,
          height_px: slide.heightPx,
          bytes: slide.bytes,
        })
        .execute()
      await settleSlides(
        transaction,
        this.#context,
        slide.key,
        { status: 'stored', imageId: claimed.value, bytes: slide.bytes, fit: slide.fit },
        this.#own(),
      )
      return true
    })
  }

  async #storeResult(transaction: Locked, slide: StoredSlide): Promise<string | undefined> {
    const row = await transaction
      .updateTable('slide_results')
      .set({ status: 'stored', bytes: slide.bytes, fit: JSON.stringify(slide.fit) })
      .where('key', '=', slide.key)
      .where('carousel_id', '=', this.row.id)
      .where('status', '=', 'making')
      .returning('image_id')
      .executeTakeFirst()
    return row?.image_id
  }

  async #isStored(transaction: Locked, key: string): Promise<boolean> {
    const row = await transaction
      .selectFrom('slide_results')
      .select('key')
      .where('key', '=', key)
      .where('status', '=', 'stored')
      .executeTakeFirst()
    return row !== undefined
  }

  /** A base that was taken down takes its slides with it: none may be stored after that. */
  async #requireBase(transaction: Locked): Promise<void> {
    const base = await transaction
      .selectFrom('carousels')
      .innerJoin('images', 'images.id', 'carousels.base_image_id')
      .select('images.id')
      .where('carousels.id', '=', this.row.id)
      .where('images.deleted_at', 'is', null)
      .forShare('images')
      .executeTakeFirst()
    if (base === undefined) throw new DarkroomError('base_gone', 'The base of this carousel was taken down.')
  }

  failSlide(key: string, failure: CarouselFailure): Promise<boolean> {
    return this.#transaction(async (transaction) => {
      const claim = await transaction
        .deleteFrom('slide_results')
        .where('key', '=', key)
        .where('carousel_id', '=', this.row.id)
        .where('status', '=', 'making')
        .returning('key')
        .executeTakeFirst()
      if (claim === undefined) return false
      await settleSlides(transaction, this.#context, key, { status: 'failed', ...failure }, this.#own())
      return true
    })
  }

  finish(): Promise<'ended' | 'more'> {
    return this.#transaction(async (transaction) => {
      const held = await this.#hold(transaction)
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
      // Those that waited for the same fetch fail with it: they would only meet the same.
      if (baseKey !== undefined) await failWithBase(transaction, this.#context, this.row.id, baseKey, failure)
      await releaseClaims(transaction, this.#context, this.row.id)
      if ((await this.#hold(transaction)) === undefined) return false
      await failOpenSlides(transaction, this.#context, this.row.id, failure)
      return true
    })
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
        { transaction, priority: 'demand', ...(delayS === 0 ? {} : { delayS }) },
      )
      return true
    })
  }

  #own(): { carouselId: string; work: StoredWork; editWork: StoredWork | undefined } {
    return { carouselId: this.row.id, work: this.work, editWork: this.#editWork }
  }

  /** Holds the carousel until the transaction ends, if it is still this run's. */
  async #hold(transaction: Locked): Promise<CarouselRow | undefined> {
    return await transaction
      .selectFrom('carousels')
      .selectAll()
      .where('id', '=', this.row.id)
      .where('lease', '=', this.#lease)
      .where('status', '=', 'running')
      .forUpdate()
      .executeTakeFirst()
  }

  #transaction<T>(run: (transaction: Locked, round: number) => Promise<T>): Promise<T> {
    const { database, signal } = this.#context
    return whenDatabaseIsBack(
      (round) => database.transaction().execute((transaction) => run(transaction, round)),
      signal,
    )
  }
}

function textsOf(slides: readonly SlideRow[]): string {
  return JSON.stringify(slides.map(({ title, body, label, status }) => [title, body, label, status]))
}

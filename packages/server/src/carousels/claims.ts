import { sql } from 'kysely'
import { randomBytes, randomUUID } from 'node:crypto'
import { tell } from './carousel-events.ts'
import type { CarouselContext, Locked, SlideResultRow } from './carousel-row.ts'

/** What a claim on a slide found: `mine` is to be made by this carousel's run. */
export type Claim = { row: SlideResultRow; state: 'mine' | 'making' | 'stored' }

/** Two writers of one key meet at most a few times in a row; more means that something is wrong. */
const maxRounds = 8

/**
 * Claims slides by their keys. The unique key decides between processes: one of all carousels makes each slide, and
 * tells the others when it is there. Claims of carousels that have ended without it are taken over.
 */
export async function claimSlides(
  transaction: Locked,
  owner: { carouselId: string; project: string },
  keys: readonly string[],
): Promise<Map<string, Claim>> {
  const claims = new Map<string, Claim>()
  // In this order, or two carousels with equal slides would wait for each other.
  const ordered = [...new Set(keys)].toSorted((a, b) => (a < b ? -1 : 1))
  for (let round = 0; round < maxRounds; round += 1) {
    const missing = ordered.filter((key) => !claims.has(key))
    if (missing.length === 0) return claims
    await insertClaims(transaction, owner, missing)
    // What another deleted between the two statements is inserted in the next round.
    for (const row of await lockedResults(transaction, missing)) claims.set(row.key, claimOf(row, owner))
    await takeOverFromEnded(transaction, owner, claims)
  }
  throw new Error(`slides changed ${maxRounds} times while they were being claimed`)
}

async function insertClaims(
  transaction: Locked,
  owner: { carouselId: string; project: string },
  keys: readonly string[],
): Promise<void> {
  await transaction
    .insertInto('slide_results')
    .values(
      keys.map((key) => ({
        key,
        project: owner.project,
        carousel_id: owner.carouselId,
        status: 'making' as const,
        image_id: newSlideImageId(),
      })),
    )
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute()
}

/** Unguessable, and another one when the slide is made anew after a takedown. */
function newSlideImageId(): string {
  return `img_${randomBytes(24).toString('base64url')}`
}

async function lockedResults(transaction: Locked, keys: readonly string[]): Promise<SlideResultRow[]> {
  return await transaction
    .selectFrom('slide_results')
    .selectAll()
    .where('key', 'in', [...keys])
    .orderBy(sql`key collate "C"`)
    .forUpdate()
    .execute()
}

function claimOf(row: SlideResultRow, owner: { carouselId: string }): Claim {
  if (row.status === 'stored') return { row, state: 'stored' }
  return { row, state: row.carousel_id === owner.carouselId ? 'mine' : 'making' }
}

async function takeOverFromEnded(
  transaction: Locked,
  owner: { carouselId: string },
  claims: Map<string, Claim>,
): Promise<void> {
  const others = [...claims.values()].filter(({ state }) => state === 'making')
  if (others.length === 0) return
  const open = await transaction
    .selectFrom('carousels')
    .select('id')
    .where(
      'id',
      'in',
      others.map(({ row }) => row.carousel_id),
    )
    .where('status', 'in', ['queued', 'running'])
    .execute()
  const alive = new Set(open.map(({ id }) => id))
  for (const { row } of others) {
    if (alive.has(row.carousel_id)) continue
    await transaction
      .updateTable('slide_results')
      .set({ carousel_id: owner.carouselId })
      .where('key', '=', row.key)
      .execute()
    claims.set(row.key, { row: { ...row, carousel_id: owner.carouselId }, state: 'mine' })
  }
}

/**
 * Gives up what a carousel has claimed and not made. Carousels that wait for it go back to work: one of them claims
 * it next. Call it before the carousel itself is locked.
 */
export async function releaseClaims(
  transaction: Locked,
  context: CarouselContext,
  carouselId: string,
): Promise<void> {
  const slides = await transaction
    .deleteFrom('slide_results')
    .where('carousel_id', '=', carouselId)
    .where('status', '=', 'making')
    .returning('key')
    .execute()
  const bases = await transaction
    .deleteFrom('base_claims')
    .where('carousel_id', '=', carouselId)
    .returning('key')
    .execute()
  await wakeThoseWho(transaction, context, {
    but: carouselId,
    slideKeys: slides.map(({ key }) => key),
    baseKeys: bases.map(({ key }) => key),
  })
}

async function wakeThoseWho(
  transaction: Locked,
  context: CarouselContext,
  wanted: { but: string; slideKeys: readonly string[]; baseKeys: readonly string[] },
): Promise<void> {
  if (wanted.slideKeys.length + wanted.baseKeys.length === 0) return
  const waiting = await transaction
    .selectFrom('carousels')
    .selectAll()
    .where('id', '<>', wanted.but)
    .where('status', 'in', ['queued', 'running'])
    .where((eb) =>
      eb.or([
        eb.and([eb('waits_for', '=', 'base'), eb('base_key', '=', eb.fn.any(eb.val([...wanted.baseKeys])))]),
        eb.exists(
          eb
            .selectFrom('carousel_slides')
            .select('index')
            .whereRef('carousel_slides.carousel_id', '=', 'carousels.id')
            .where('carousel_slides.status', '=', 'queued')
            .where('slide_key', '=', eb.fn.any(eb.val([...wanted.slideKeys]))),
        ),
      ]),
    )
    .orderBy(sql`id collate "C"`)
    .forUpdate()
    .execute()
  for (const { id, waits_for: waitsFor } of waiting) {
    await transaction
      .updateTable('carousel_slides')
      .set({ slide_key: null })
      .where('carousel_id', '=', id)
      .where('status', '=', 'queued')
      .where('slide_key', 'in', wanted.slideKeys.length === 0 ? [''] : [...wanted.slideKeys])
      .execute()
    // One that runs at present finds its slides without a key when it has made its own.
    if (waitsFor !== null) await putBackToWork(transaction, context, id)
  }
}

/** Gives a waiting carousel, which the transaction holds, a job again. */
export async function putBackToWork(
  transaction: Locked,
  context: CarouselContext,
  carouselId: string,
): Promise<void> {
  const jobId = randomUUID()
  await tell(transaction, context.queue, {
    carouselId,
    type: 'queued',
    data: {},
    values: { status: 'queued', waits_for: null, job_id: jobId, lease: null, worker_id: null },
  })
  await context.queue.enqueue({ jobId, recordId: carouselId }, { transaction, priority: 'demand' })
}

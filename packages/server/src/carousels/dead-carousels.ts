import { sql } from 'kysely'
import type { DeadOwner, DeadQuery, RedriveSelection } from '../generation/dead-generations.ts'
import { redriveGenerations } from '../generation/dead-generations.ts'
import type { CarouselAcceptContext } from './accept-carousel.ts'
import type { CarouselContext, CarouselRow } from './carousel-row.ts'
import { lockCarousel, readSlides } from './carousel-row.ts'
import type { ModelResolver } from './edit-slide.ts'
import { remake } from './edit-slide.ts'

/** A carousel that has failed and that nothing will try again by itself. */
export interface DeadCarousel {
  carousel: CarouselRow
  /** With microseconds, for cursors. */
  failedAt: string
}

/** Failed carousels of a project, newest first. */
export async function listDeadCarousels(
  { database }: Pick<CarouselContext, 'database'>,
  query: DeadQuery,
): Promise<DeadCarousel[]> {
  let rows = database
    .selectFrom('carousels')
    .selectAll()
    .where('project', '=', query.project)
    .where('status', '=', 'failed')
  if (query.scopes !== undefined) rows = rows.where('scope', 'in', [...query.scopes])
  if (query.code !== undefined) rows = rows.where('error_code', '=', query.code)
  if (query.after !== undefined) {
    const { failedAt, id } = query.after
    rows = rows.where(sql<boolean>`(settled_at, id collate "C") < (${failedAt}::timestamptz, ${id})`)
  }
  const found = await rows
    .select(
      sql<string>`to_char(settled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('failed_at_us'),
    )
    .orderBy('settled_at', 'desc')
    .orderBy(sql`id collate "C"`, 'desc')
    .limit(query.limit)
    .execute()
  return found.map(({ failed_at_us: failedAt, ...carousel }) => ({ carousel, failedAt }))
}

/**
 * Tries failed carousels again, the failed slides of each and the base with them where that is what failed.
 * @returns the ids of those that were queued again
 */
export async function redriveCarousels(
  context: CarouselAcceptContext,
  owner: DeadOwner,
  selection: RedriveSelection,
  resolveModel: ModelResolver,
): Promise<string[]> {
  let rows = context.database
    .selectFrom('carousels')
    .select(['id', 'base_request_id'])
    .where('project', '=', owner.project)
    .where('status', '=', 'failed')
  if (owner.scopes !== undefined) rows = rows.where('scope', 'in', [...owner.scopes])
  if (selection.kind === 'ids') rows = rows.where('id', '=', sql<string>`any(${[...selection.ids]})`)
  else {
    rows = rows.where('settled_at', '<=', selection.until)
    if (selection.code !== undefined) rows = rows.where('error_code', '=', selection.code)
  }
  const redriven: string[] = []
  for (const { id, base_request_id: base } of await rows.orderBy('settled_at').execute()) {
    // A failed base is asked for anew by the slides, and would be answered from its failure.
    if (base !== null) await redriveGenerations(context.generations, owner, { kind: 'ids', ids: [base] })
    if (await redriveCarousel(context, owner.project, id, resolveModel)) redriven.push(id)
  }
  return redriven
}

async function redriveCarousel(
  context: CarouselAcceptContext,
  project: string,
  id: string,
  resolveModel: ModelResolver,
): Promise<boolean> {
  return await context.database.transaction().execute(async (transaction) => {
    let carousel = await lockCarousel(transaction, project, id)
    // Somebody else was faster.
    if (carousel.status !== 'failed') return false
    const failed = (await readSlides(transaction, id)).filter(({ status }) => status === 'failed')
    for (const slide of failed) {
      carousel = await remake(transaction, carousel, slide, {}, context, resolveModel)
    }
    return failed.length > 0
  })
}

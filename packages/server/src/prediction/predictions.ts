import { randomBytes } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import { sql } from 'kysely'
import type { PredictionsTable, PredictionStatus } from '../database/prediction-schema.ts'
import type { Schema } from '../database/schema.ts'
import { dayMs } from './usage-event.ts'

export type PredictionRow = Selectable<PredictionsTable>

/** What is foreseen, before it is known what becomes of it. */
export type NewPrediction = Pick<
  PredictionRow,
  'project' | 'scope' | 'kind' | 'key' | 'family' | 'reason' | 'probability' | 'catalog_id' | 'generation_id'
> & { status: 'planned' | 'made' | 'held-out'; assumedUsd: number }

/** How prediction has done, in the last 30 days. */
export interface PredictionSummary {
  byStatus: Record<PredictionStatus, number>
  /** Used or late, of all that are decided. `null`: none is. */
  precision: number | null
  wastedPerUseful: number | null
  costUsd: number
  /** What the first who asked waited for: of what was made, and of what was deliberately left out. */
  waited: { made: Waited; heldOut: Waited }
  /** The difference: what prediction saved, measured and not assumed. `null`: too few on one side. */
  saved: { p50Ms: number | null; p99Ms: number | null }
}

export interface Waited {
  count: number
  p50Ms: number | null
  p99Ms: number | null
}

/** The record of what was foreseen. */
export interface Predictions {
  add(prediction: NewPrediction): Promise<PredictionRow | undefined>
  /** Brings every open one up to what has become of it. @returns those that are made now */
  settle(): Promise<PredictionRow[]>
  list(query: PredictionQuery): Promise<PredictionRow[]>
  summary(project: string, scopes: readonly string[] | undefined): Promise<PredictionSummary>
  /** What a scope has spent since midnight UTC. */
  spentToday(project: string, scope: string): Promise<{ generations: number; usd: number }>
}

export interface PredictionQuery {
  project: string
  /** `undefined`: all. */
  scopes: readonly string[] | undefined
  status: PredictionStatus | undefined
  limit: number
}

/** What nobody has asked for in so long is wasted. */
const horizonMs = 30 * dayMs

export function createPredictions({
  database,
  now,
}: {
  database: Kysely<Schema>
  now: () => number
}): Predictions {
  return {
    add: ({ assumedUsd, ...prediction }) =>
      database
        .insertInto('predictions')
        .values({
          id: `pre_${randomBytes(16).toString('base64url')}`,
          ...prediction,
          assumed_usd: assumedUsd,
          planned_at: new Date(now()),
          ...(prediction.status === 'made' ? { made_at: new Date(now()) } : {}),
        })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst(),
    settle: () => settle(database, now()),
    list: ({ project, scopes, status, limit }) => {
      let query = database.selectFrom('predictions').selectAll().where('project', '=', project)
      if (scopes !== undefined) query = query.where('scope', 'in', [...scopes, ''])
      if (status !== undefined) query = query.where('status', '=', status)
      return query.orderBy('planned_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
    },
    summary: (project, scopes) => summaryOf(database, project, scopes, now()),
    spentToday: async (project, scope) => {
      const midnight = new Date(now())
      midnight.setUTCHours(0, 0, 0, 0)
      const row = await database
        .selectFrom('predictions')
        .select([
          sql<number>`count(*)::int`.as('generations'),
          sql<number>`coalesce(sum(coalesce(cost_usd, assumed_usd)), 0)::double precision`.as('usd'),
        ])
        .where('project', '=', project)
        .where('scope', '=', scope)
        .where('status', 'not in', ['held-out', 'skipped'])
        .where('planned_at', '>=', midnight)
        .executeTakeFirstOrThrow()
      return row
    },
  }
}

async function settle(database: Kysely<Schema>, nowMs: number): Promise<PredictionRow[]> {
  // Somebody asked while it was being made: the record went over to demand.
  await sql`
    update predictions set status = 'late', used_at = usage.at, wait_ms = usage.wait_ms, cost_usd = usage.cost_usd,
      made_at = usage.settled_at
    from (
      select open.id, first.at, first.wait_ms, generations.cost_usd, generations.settled_at
      from predictions open
      join generations on generations.id = open.generation_id
      left join lateral (
        select at, wait_ms from usage_events
        where project = open.project and scope = open.scope and key = open.key and at >= open.planned_at
        order by at limit 1
      ) first on true
      where open.status = 'planned' and generations.priority = 'demand' and generations.status = 'stored'
    ) usage
    where usage.id = predictions.id
  `.execute(database)
  await sql`
    update predictions set status = 'skipped' from generations
    where generations.id = predictions.generation_id and predictions.status = 'planned'
      and generations.status in ('failed', 'cancelled')
  `.execute(database)
  const made = await sql<PredictionRow>`
    update predictions set status = 'made', made_at = generations.settled_at, cost_usd = generations.cost_usd
    from generations
    where generations.id = predictions.generation_id and predictions.status = 'planned'
      and generations.status = 'stored' and generations.priority = 'speculative'
    returning predictions.*
  `.execute(database)
  await markUsed(database)
  // A record that was retired before anybody asked, or that nobody has asked for in so long.
  await sql`
    update predictions set status = 'wasted' where status = 'made' and (
      planned_at < ${new Date(nowMs - horizonMs)}
      or exists (select from generations where id = predictions.generation_id and retired_at is not null)
      or generation_id is null)
  `.execute(database)
  return made.rows
}

/** The first ask after it was there; of what was left out, the first ask after that was decided. */
async function markUsed(database: Kysely<Schema>): Promise<void> {
  await sql`
    update predictions set
      status = case when predictions.status = 'made' then 'used' else predictions.status end,
      used_at = usage.at,
      wait_ms = usage.wait_ms,
      saved_ms = case when predictions.status = 'made' then (
        select coalesce((timings->>'queueMs')::double precision, 0) + coalesce((timings->>'loadMs')::double precision, 0)
          + coalesce((timings->>'generateMs')::double precision, 0) + coalesce((timings->>'storeMs')::double precision, 0)
        from generations where id = predictions.generation_id
      ) end
    from (
      select open.id, first.at, first.wait_ms
      from predictions open, lateral (
        select at, wait_ms from usage_events
        where project = open.project and scope = open.scope and key = open.key
          and at >= coalesce(open.made_at, open.planned_at)
        order by at limit 1
      ) first
      where open.status in ('made', 'held-out') and open.used_at is null
    ) usage
    where usage.id = predictions.id
  `.execute(database)
}

async function summaryOf(
  database: Kysely<Schema>,
  project: string,
  scopes: readonly string[] | undefined,
  nowMs: number,
): Promise<PredictionSummary> {
  let query = database
    .selectFrom('predictions')
    .select([
      'status',
      sql<number>`count(*)::int`.as('count'),
      sql<number>`coalesce(sum(cost_usd), 0)::double precision`.as('cost'),
      sql<number>`count(wait_ms)::int`.as('waited'),
      sql<number | null>`percentile_disc(0.5) within group (order by wait_ms)`.as('p50'),
      sql<number | null>`percentile_disc(0.99) within group (order by wait_ms)`.as('p99'),
    ])
    .where('project', '=', project)
    .where('planned_at', '>=', new Date(nowMs - horizonMs))
  if (scopes !== undefined) query = query.where('scope', 'in', [...scopes, ''])
  const rows = new Map((await query.groupBy('status').execute()).map((row) => [row.status, row]))
  const count = (status: PredictionStatus): number => rows.get(status)?.count ?? 0
  const waited = (status: PredictionStatus): Waited => {
    const row = rows.get(status)
    return { count: row?.waited ?? 0, p50Ms: row?.p50 ?? null, p99Ms: row?.p99 ?? null }
  }
  const useful = count('used') + count('late')
  const wasted = count('wasted')
  const [made, heldOut] = [waited('used'), waited('held-out')]
  const difference = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? null : a - b
  return {
    byStatus: {
      planned: count('planned'),
      made: count('made'),
      used: count('used'),
      late: count('late'),
      wasted,
      'held-out': count('held-out'),
      skipped: count('skipped'),
    },
    precision: useful + wasted === 0 ? null : useful / (useful + wasted),
    wastedPerUseful: useful === 0 ? null : wasted / useful,
    costUsd: [...rows.values()].reduce((sum, { cost }) => sum + cost, 0),
    waited: { made, heldOut },
    saved: { p50Ms: difference(heldOut.p50Ms, made.p50Ms), p99Ms: difference(heldOut.p99Ms, made.p99Ms) },
  }
}

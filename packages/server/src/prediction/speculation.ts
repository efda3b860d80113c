import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { ScopePrediction } from '../database/access-schema.ts'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { Armed } from '../generation/arm.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import type { NewPrediction, Predictions } from './predictions.ts'

/** A scope that has opted in, with what it may spend. */
export interface OptedScope {
  project: string
  name: string
  budget: ScopePrediction
  assumedUsd: number
}

/** One round's room: what idle capacity and each scope's budget leave. */
export interface SpeculationRound {
  /** How many more pictures this scope may have made now. */
  allowance(project: string, scope: string): number
  /**
   * Has a picture made ahead, and records it. What is there already costs nothing and is not recorded.
   * @returns `full`: nothing more of this scope fits now
   */
  make(
    prediction: Omit<NewPrediction, 'status' | 'generation_id' | 'assumedUsd'>,
    spec: PictureSpec,
  ): Promise<'made' | 'there' | 'full'>
}

export interface SpeculationParts {
  database: Kysely<Schema>
  predictions: Predictions
  foresee(ask: { project: string; scope: string; spec: PictureSpec }): Promise<Armed>
  /** Speculative generations that may be queued or running at once, cluster-wide. */
  maxQueued: number
}

/** Looks at what is free; `undefined` while demand waits: idle capacity alone is spent. */
export async function beginRound(
  { database, predictions, foresee, maxQueued }: SpeculationParts,
  scopes: readonly OptedScope[],
): Promise<SpeculationRound | undefined> {
  const line = await database
    .selectFrom('generations')
    .select([
      sql<number>`(count(*) filter (where priority = 'demand' and status = 'queued'))::int`.as('demand'),
      sql<number>`(count(*) filter (where priority = 'speculative'))::int`.as('speculative'),
    ])
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirstOrThrow()
  let free = maxQueued - line.speculative
  if (line.demand > 0 || free <= 0) return undefined
  const left = new Map<string, { count: number; assumedUsd: number }>()
  for (const { project, name, budget, assumedUsd } of scopes) {
    const spent = await predictions.spentToday(project, name)
    const byCount = (budget.dailyGenerations ?? Number.POSITIVE_INFINITY) - spent.generations
    const byMoney =
      budget.dailyUsd === undefined
        ? Number.POSITIVE_INFINITY
        : assumedUsd === 0
          ? budget.dailyUsd > spent.usd
            ? Number.POSITIVE_INFINITY
            : 0
          : Math.floor((budget.dailyUsd - spent.usd) / assumedUsd + 1e-9)
    left.set(scopeName(project, name), { count: Math.max(0, Math.min(byCount, byMoney)), assumedUsd })
  }
  const allowance = (project: string, scope: string): number =>
    Math.max(0, Math.min(free, left.get(scopeName(project, scope))?.count ?? 0))
  return {
    allowance,
    async make(prediction, spec) {
      const { project, scope } = prediction
      const budget = left.get(scopeName(project, scope))
      if (budget === undefined || allowance(project, scope) < 1) return 'full'
      let armed: Armed
      try {
        armed = await foresee({ project, scope, spec })
      } catch (error) {
        if (!(error instanceof DarkroomError)) throw error
        // The scope's own budget, its line or its rules: they hold for what is made ahead as for what is asked for.
        budget.count = 0
        return 'full'
      }
      if (armed.how === 'joined') return 'there'
      budget.count--
      free--
      await predictions.add({
        ...prediction,
        status: 'planned',
        generation_id: armed.row.id,
        assumedUsd: budget.assumedUsd,
      })
      return 'made'
    },
  }
}

export function scopeName(project: string, scope: string): string {
  return JSON.stringify([project, scope])
}

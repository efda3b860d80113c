import { z } from 'zod'
import { mayUseScope } from '../../access/rights.ts'
import type { PredictionRow } from '../../prediction/predictions.ts'
import { scopeField } from '../../request/fields.ts'
import { integerText, parseWith, readQuery } from '../../request/query.ts'
import { predictionsSchema } from '../prediction-schemas.ts'
import type { Route } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

const querySchema = z.strictObject({
  scope: scopeField.optional(),
  status: z
    .enum(
      ['planned', 'made', 'used', 'late', 'wasted', 'held-out', 'skipped'],
      'must be planned, made, used, late, wasted, held-out or skipped',
    )
    .optional(),
  limit: integerText(1, 1000).optional(),
})

/** `/v1/predictions`: what is made before it is asked for, why, and how well that does. */
export function predictionRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/predictions',
      right: 'read',
      summary: 'What was made before it was asked for and why, and what came of it in 30 days',
      query: querySchema,
      answers: {
        200: {
          about: 'summary, and predictions, newest first.',
          mediaType: 'application/json',
          schema: predictionsSchema,
        },
      },
      handle: async ({ url, caller }) => {
        const { scope, status, limit = 100 } = parseWith(querySchema, readQuery(url))
        const { project } = caller
        const own = caller.scopes === undefined ? undefined : [...caller.scopes]
        const scopes = scope === undefined ? own : mayUseScope(caller, scope) ? [scope] : []
        const [summary, rows] = await Promise.all([
          services.predictions.summary(project, scopes),
          services.predictions.list({ project, scopes, status, limit }),
        ])
        return json(200, { summary, predictions: rows.map(publicPrediction) } satisfies z.output<
          typeof predictionsSchema
        >)
      },
    },
  ]
}

function publicPrediction(row: PredictionRow): z.output<typeof predictionsSchema>['predictions'][number] {
  return {
    id: row.id,
    key: row.key,
    scope: row.scope,
    family: row.family,
    kind: row.kind,
    reason: row.reason,
    status: row.status,
    plannedAt: row.planned_at.toISOString(),
    ...(row.made_at && { madeAt: row.made_at.toISOString() }),
    ...(row.used_at && { usedAt: row.used_at.toISOString() }),
    ...(row.probability !== null && { probability: row.probability }),
    ...(row.cost_usd !== null && { costUsd: row.cost_usd }),
    ...(row.saved_ms !== null && { savedMs: row.saved_ms }),
    ...(row.catalog_id !== null && { catalog: row.catalog_id }),
  }
}

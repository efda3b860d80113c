import { z } from 'zod'
import { integerText, parseWith, readQuery } from '../../request/query.ts'
import type { Route } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

const querySchema = z.strictObject({
  limit: integerText(1, 100).optional(),
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,17}$/u, 'must be the nextCursor of the page before')
    .optional(),
})

/** `GET /v1/audit`: who did which administrative act, and when. */
export function auditRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/audit',
      right: 'admin',
      summary: 'Administrative acts, newest first: keys, scopes, purges, takedowns',
      query: querySchema,
      answers: { 200: { about: 'A page: items, and nextCursor or null.', mediaType: 'application/json' } },
      handle: async ({ url }) => {
        const { limit = 20, cursor } = parseWith(querySchema, readQuery(url))
        const rows = await services.access.acts({ limit: limit + 1, before: cursor })
        const page = rows.slice(0, limit)
        return json(200, {
          items: page.map(({ created_at, ...row }) => ({ ...row, at: created_at.toISOString() })),
          nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
        })
      },
    },
  ]
}

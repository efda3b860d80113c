import { z } from 'zod'
import { integerText, parseWith, readQuery } from '../../request/query.ts'
import { errorCodeField, parseRedriveBody, redriveBodySchema } from '../../request/redrive-body.ts'
import { readJsonBody } from '../body.ts'
import { decodeJobCursor, listDeadJobs, redriveJobs } from '../jobs.ts'
import type { Route, RouteContext } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

const listQuerySchema = z.strictObject({
  limit: integerText(1, 100).optional(),
  code: errorCodeField.optional(),
  cursor: z
    .string()
    .max(200)
    .refine((text) => decodeJobCursor(text) !== undefined, 'must be the nextCursor of the page before')
    .optional(),
})

/** Dead letters: work that failed and that nothing tries again by itself. */
export function jobRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/jobs',
      right: 'admin',
      summary: 'Dead letters: generations and carousels that have failed, newest first',
      query: listQuerySchema,
      answers: { 200: { about: 'A page: items, and nextCursor or null.', mediaType: 'application/json' } },
      handle: (context) => list(context, services),
    },
    {
      method: 'POST',
      path: '/v1/jobs/redrive',
      right: 'admin',
      summary: 'Try dead letters again: the next attempt under the same key',
      body: {
        mediaType: 'application/json',
        schema: redriveBodySchema,
        about: 'Exactly one of ids (of pictures, requests or carousels), code and all.',
      },
      answers: {
        200: {
          about: 'The ids of the pictures and carousels that were queued.',
          mediaType: 'application/json',
        },
      },
      handle: async ({ request, caller }) => {
        const body = parseRedriveBody(await readJsonBody(request))
        const ids = await redriveJobs(services, caller, body)
        await services.access.record({
          actor: caller.owner,
          act: 'jobs.redrive',
          project: caller.project,
          subject: `${ids.length}`,
          facts: { asked: body, ids: ids.slice(0, 100) },
        })
        return json(200, { redriven: ids.length, ids })
      },
    },
  ]
}

async function list(context: RouteContext, services: GatewayServices): Promise<Response> {
  const query = parseWith(listQuerySchema, readQuery(context.url))
  const page = await listDeadJobs(services, {
    project: context.caller.project,
    scopes: context.caller.scopes,
    code: query.code,
    limit: query.limit ?? 20,
    cursor: query.cursor,
  })
  return json(200, page)
}

import { z } from 'zod'
import { parseWith, readQuery } from '../../request/query.ts'
import type { Route } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

const time = z.iso.datetime().nullable()
const count = z.int().min(0)

const answerSchema = z.object({
  cdns: z.array(
    z.object({
      name: z.string(),
      configured: z.boolean().meta({ description: 'In the process that answers.' }),
      waiting: count.meta({ description: 'Names that it has still to be told.' }),
      repeating: count.meta({
        description: 'Names that it is told once more, for what it was fetching during the purge.',
      }),
      waitingSince: time,
      failed: count.meta({ description: 'Dead letters: names that it is not told before a redrive.' }),
      retryAt: time,
      lastSuccessAt: time,
      lastError: z.string().nullable(),
      lastErrorAt: time,
    }),
  ),
})

/** `/v1/cdns`: how far purges have got at the CDNs in front. */
export function cdnRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/cdns',
      right: 'purge',
      summary: 'How far purges have got at the CDNs in front, and what keeps them',
      answers: {
        200: {
          about: 'All that are configured or have been.',
          mediaType: 'application/json',
          schema: answerSchema,
        },
      },
      handle: async ({ url }) => {
        parseWith(z.strictObject({}), readQuery(url))
        return json(200, { cdns: await services.cdns.read() })
      },
    },
    {
      method: 'POST',
      path: '/v1/cdns/redrive',
      right: 'admin',
      summary: 'Tell CDNs again what they have refused',
      answers: {
        200: {
          about: 'They are told now.',
          mediaType: 'application/json',
          schema: z.object({ redriven: count }),
        },
      },
      handle: async ({ url }) => {
        parseWith(z.strictObject({}), readQuery(url))
        return json(200, { redriven: await services.cdns.redrive() })
      },
    },
  ]
}

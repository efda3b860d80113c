import { z } from 'zod'
import type { KeyRow, MadeKey } from '../../access/keys.ts'
import { isUsable } from '../../access/keys.ts'
import {
  defaultGraceMs,
  keyBodySchema,
  parseKeyBody,
  projectField,
  rotateBodySchema,
} from '../../request/key-body.ts'
import { parseWith, readQuery } from '../../request/query.ts'
import { readJsonBody } from '../body.ts'
import type { Route } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

const keySchema = z.object({
  id: z.string(),
  kind: z.enum(['api', 'signing']),
  project: z.string(),
  name: z.string(),
  rights: z.array(z.string()),
  scopes: z.array(z.string()).nullable(),
  state: z.enum(['usable', 'expired', 'revoked']),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable(),
  replacedBy: z.string().nullable(),
  ratePerMinute: z.int().nullable(),
})

const madeSchema = z.object({
  key: keySchema,
  secret: z.string().meta({ description: 'Shown this once and stored nowhere.' }),
})

const listQuerySchema = z.strictObject({ project: projectField.optional() })
const key = { mediaType: 'application/json', schema: keySchema }
const made = { mediaType: 'application/json', schema: madeSchema }

/** `/v1/keys`: the operator's. */
export function keyRoutes(services: GatewayServices): Route[] {
  const { keys } = services.access
  return [
    {
      method: 'GET',
      path: '/v1/keys',
      right: 'admin',
      summary: 'All keys, newest first; never their secrets',
      query: listQuerySchema,
      answers: { 200: { about: 'items.', mediaType: 'application/json' } },
      handle: async ({ url }) => {
        const { project } = parseWith(listQuerySchema, readQuery(url))
        return json(200, { items: (await keys.list(project)).map((row) => publicKey(row, services.now())) })
      },
    },
    {
      method: 'POST',
      path: '/v1/keys',
      right: 'admin',
      summary: 'Make a key',
      body: { mediaType: 'application/json', schema: keyBodySchema },
      answers: { 201: { about: 'The key, and its secret this once.', ...made } },
      handle: async ({ request, caller }) => {
        const { expiresInMs, ...ask } = parseKeyBody(await readJsonBody(request))
        const expiresAt = expiresInMs === undefined ? undefined : new Date(services.now() + expiresInMs)
        return answerMade(await keys.create({ ...ask, expiresAt }, caller.owner), services)
      },
    },
    {
      method: 'DELETE',
      path: '/v1/keys/{id}',
      right: 'admin',
      summary: 'Revoke a key: no process accepts it any more',
      answers: { 200: { about: 'The revoked key.', ...key } },
      handle: async ({ params, caller }) =>
        json(200, publicKey(await keys.revoke(params['id'] ?? '', caller.owner), services.now())),
    },
    {
      method: 'POST',
      path: '/v1/keys/{id}/rotate',
      right: 'admin',
      summary: 'Make a key like this one, which ends after a grace (24 hours unless said otherwise)',
      body: { mediaType: 'application/json', schema: rotateBodySchema },
      answers: { 201: { about: 'The new key, and its secret this once.', ...made } },
      handle: async ({ params, request, caller }) => {
        const { grace = defaultGraceMs } = parseWith(rotateBodySchema, await readJsonBody(request))
        return answerMade(await keys.rotate(params['id'] ?? '', grace, caller.owner), services)
      },
    },
  ]
}

function answerMade({ row, token }: MadeKey, services: GatewayServices): Response {
  return json(201, { key: publicKey(row, services.now()), secret: token }, { location: `/v1/keys/${row.id}` })
}

/** A key as it may be shown to anybody who administers. */
export function publicKey(row: KeyRow, now: number): z.output<typeof keySchema> {
  return {
    id: row.id,
    kind: row.kind,
    project: row.project,
    name: row.name,
    rights: row.rights,
    scopes: row.scopes,
    state: row.revoked_at !== null ? 'revoked' : isUsable(row, now) ? 'usable' : 'expired',
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    replacedBy: row.replaced_by,
    ratePerMinute: row.rate_per_minute,
  }
}

import { z } from 'zod'
import type { Caller } from '../../access/rights.ts'
import { hasRight, mayUseScope } from '../../access/rights.ts'
import type { ScopePolicy } from '../../access/scope-policy.ts'
import { defaultAssumedUsd } from '../../access/scope-policy.ts'
import { DarkroomError } from '../../errors.ts'
import { scopeField } from '../../request/fields.ts'
import { projectField } from '../../request/key-body.ts'
import { parseWith, readQuery } from '../../request/query.ts'
import type { ScopeBody } from '../../request/scope-body.ts'
import { parseScopeBody, scopeBodySchema } from '../../request/scope-body.ts'
import { readJsonBody } from '../body.ts'
import type { Route, RouteContext } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

const querySchema = z.strictObject({ project: projectField.optional() })

const scopeSchema = z.object({
  project: z.string(),
  name: z.string(),
  visibility: z.enum(['public', 'private']),
  unsignedLive: z.boolean(),
  enabled: z.boolean(),
  maxPerHour: z.int().nullable(),
  maxTotal: z.int().nullable(),
  maxUsdPerDay: z.number().nullable(),
  assumedUsd: z.number(),
  models: z.array(z.string()).nullable(),
  sizes: z.array(z.string()).nullable(),
  origins: z.array(z.string()).nullable(),
  prediction: z.object({ dailyGenerations: z.int().optional(), dailyUsd: z.number().optional() }).nullable(),
  retention: z.object({ maxAgeDays: z.number().nullable(), unusedDays: z.number().nullable() }),
  used: z.object({ lastHour: z.int(), total: z.int(), usdToday: z.number() }),
})

const scope = { mediaType: 'application/json', schema: scopeSchema }

/** `/v1/scopes`: what is allowed where, and what was used. */
export function scopeRoutes(services: GatewayServices): Route[] {
  const { scopes } = services.access
  return [
    {
      method: 'GET',
      path: '/v1/scopes',
      right: 'read',
      summary: 'Scopes that somebody has set, with their budgets and what is used of them',
      query: querySchema,
      answers: { 200: { about: 'items.', mediaType: 'application/json' } },
      handle: async ({ url, caller }) => {
        const { project } = parseWith(querySchema, readQuery(url))
        const found = await scopes.list(projectOf(caller, project))
        const shown = found.filter(({ name }) => mayUseScope(caller, name))
        return json(200, { items: await Promise.all(shown.map((policy) => publicScope(policy, services))) })
      },
    },
    {
      method: 'POST',
      path: '/v1/scopes',
      right: 'admin',
      summary: 'Set a scope: what is left out has its default',
      body: { mediaType: 'application/json', schema: scopeBodySchema },
      answers: {
        200: { about: 'The scope.', ...scope },
        409: { about: 'Another project has an open scope of this name.' },
      },
      handle: async ({ request, caller }) => {
        const policy = policyOfBody(parseScopeBody(await readJsonBody(request)), caller)
        await scopes.set(policy, caller.owner)
        return json(200, await publicScope(await scopes.policy(policy.project, policy.name), services))
      },
    },
    {
      method: 'GET',
      path: '/v1/scopes/{name}',
      right: 'read',
      summary: 'One scope; one that nobody has set has the defaults',
      query: querySchema,
      answers: { 200: { about: 'The scope.', ...scope } },
      handle: async (context) => {
        const { name, project } = named(context)
        if (!mayUseScope(context.caller, name))
          throw new DarkroomError('not_found', 'There is no such scope.')
        return json(200, await publicScope(await scopes.policy(project, name), services))
      },
    },
    {
      method: 'DELETE',
      path: '/v1/scopes/{name}',
      right: 'admin',
      summary: 'Set a scope back to the defaults',
      query: querySchema,
      answers: { 204: { about: 'Done; the total it had used is forgotten.' } },
      handle: async (context) => {
        const { name, project } = named(context)
        await scopes.delete(project, name, context.caller.owner)
        return new Response(null, { status: 204 })
      },
    },
  ]
}

function named({ url, params, caller }: RouteContext): { name: string; project: string } {
  const { project } = parseWith(querySchema, readQuery(url))
  const name = scopeField.safeParse(params['name'])
  if (!name.success) throw new DarkroomError('not_found', 'There is no such scope.')
  return { name: name.data, project: projectOf(caller, project) }
}

/** Administrators may name any project; everybody else's is their own. @throws DarkroomError forbidden */
function projectOf(caller: Caller, asked: string | undefined): string {
  if (asked === undefined || asked === caller.project) return caller.project
  if (hasRight(caller, 'admin')) return asked
  throw new DarkroomError('forbidden', 'This key belongs to another project.', { param: 'project' })
}

function policyOfBody(body: ScopeBody, caller: Caller): ScopePolicy {
  return {
    project: body.project ?? caller.project,
    name: body.name,
    visibility: body.visibility ?? 'public',
    unsignedLive: body.unsignedLive ?? false,
    enabled: body.enabled ?? true,
    maxPerHour: body.maxPerHour ?? undefined,
    maxTotal: body.maxTotal ?? undefined,
    maxUsdPerDay: body.maxUsdPerDay ?? undefined,
    assumedUsd: body.assumedUsd ?? defaultAssumedUsd,
    models: body.models ?? undefined,
    sizes: body.sizes ?? undefined,
    origins: body.origins ?? undefined,
    prediction: body.prediction ?? undefined,
    retention: { maxAgeDays: body.retention?.maxAgeDays, unusedDays: body.retention?.unusedDays },
  }
}

/** What holds: `null` is for ever. */
function effective(
  own: ScopePolicy['retention'],
  defaults: GatewayServices['retention'],
): { maxAgeDays: number | null; unusedDays: number | null } {
  const { maxAgeDays = defaults.maxAgeDays ?? null, unusedDays = defaults.unusedDays ?? null } = own
  return { maxAgeDays, unusedDays }
}

async function publicScope(
  policy: ScopePolicy,
  services: GatewayServices,
): Promise<z.output<typeof scopeSchema>> {
  return {
    ...policy,
    maxPerHour: policy.maxPerHour ?? null,
    maxTotal: policy.maxTotal ?? null,
    maxUsdPerDay: policy.maxUsdPerDay ?? null,
    models: policy.models === undefined ? null : [...policy.models],
    sizes: policy.sizes === undefined ? null : [...policy.sizes],
    origins: policy.origins === undefined ? null : [...policy.origins],
    prediction: policy.prediction ?? null,
    retention: effective(policy.retention, services.retention),
    used: await services.access.scopes.usage(policy),
  }
}

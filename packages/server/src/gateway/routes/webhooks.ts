import { z } from 'zod'
import { mayUseScope } from '../../access/rights.ts'
import { DarkroomError } from '../../errors.ts'
import { parseWith, integerText, readQuery } from '../../request/query.ts'
import type { WebhookAttemptRow, WebhookRow } from '../../webhooks/webhook-row.ts'
import type { WebhookSecret } from '../../webhooks/webhook-secrets.ts'
import type { WebhookWithAttempts } from '../../webhooks/webhooks.ts'
import { decodeWebhookCursor } from '../../webhooks/webhooks.ts'
import type { Route, RouteContext } from '../route.ts'
import { webhookSchema, webhookSecretSchema } from '../schemas.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

const listQuerySchema = z.strictObject({
  limit: integerText(1, 100).optional(),
  status: z
    .enum(
      ['waiting', 'pending', 'delivered', 'failed', 'gone'],
      'must be waiting, pending, delivered, failed or gone',
    )
    .optional(),
  subject: z
    .string()
    .regex(/^(?:req|car)_[A-Za-z0-9_-]{22}$/u, 'must be the id of a generation or a carousel')
    .optional(),
  cursor: z
    .string()
    .max(200)
    .refine((text) => decodeWebhookCursor(text) !== undefined, 'must be the nextCursor of the page before')
    .optional(),
})

const noQuery = z.strictObject({})
const collection = '/v1/webhooks'
const message = { mediaType: 'application/json', schema: webhookSchema }
const secretAnswer = { mediaType: 'application/json', schema: webhookSecretSchema }

/** Messages to the receivers that requests name, by the Standard Webhooks specification. */
export function webhookRoutes(services: GatewayServices): Route[] {
  return [...messages(services), ...secrets(services)]
}

function messages(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: collection,
      right: 'read',
      summary: 'Messages to webhooks, newest first',
      query: listQuerySchema,
      answers: { 200: { about: 'A page: items, and nextCursor or null.', mediaType: 'application/json' } },
      handle: (context) => list(context, services),
    },
    {
      method: 'GET',
      path: `${collection}/{id}`,
      right: 'read',
      summary: 'One message with every attempt to deliver it',
      answers: { 200: { about: 'The message.', ...message } },
      handle: async (context) => {
        parseWith(noQuery, readQuery(context.url))
        return json(200, messageRecord(await ownMessage(context, services)))
      },
    },
    {
      method: 'POST',
      path: `${collection}/{id}/redeliver`,
      right: 'generate',
      summary: 'Send a message again, under the same id',
      answers: {
        202: { about: 'It is due now.', ...message },
        409: { about: 'What it is about has not ended.' },
      },
      handle: async (context) => {
        const { webhook } = await ownMessage(context, services)
        const { project, id: subject } = webhook
        const redelivered = await services.webhooks.redeliver(project, subject)
        const actor = context.caller.owner
        await services.access.record({ actor, act: 'webhook.redeliver', project, subject })
        return json(202, messageRecord(redelivered))
      },
    },
  ]
}

function secrets(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: `${collection}/secret`,
      right: 'admin',
      summary: 'The secret that signs the messages of this project',
      answers: { 200: { about: 'The secret.', ...secretAnswer } },
      handle: async ({ url, caller }) => {
        parseWith(noQuery, readQuery(url))
        return json(200, secretRecord(await services.webhooks.secret(caller.project)))
      },
    },
    {
      method: 'POST',
      path: `${collection}/secret/rotate`,
      right: 'admin',
      summary: 'Replace the secret; the old one signs beside it for 24 hours',
      answers: { 200: { about: 'The new secret.', ...secretAnswer } },
      handle: async ({ caller: { owner: actor, project } }) => {
        const secret = await services.webhooks.rotateSecret(project)
        await services.access.record({ actor, act: 'webhook.rotate', project, subject: project })
        return json(200, secretRecord(secret))
      },
    },
  ]
}

async function list(context: RouteContext, services: GatewayServices): Promise<Response> {
  const query = parseWith(listQuerySchema, readQuery(context.url))
  const page = await services.webhooks.list({
    project: context.caller.project,
    scopes: context.caller.scopes,
    status: query.status,
    subject: query.subject,
    limit: query.limit ?? 20,
    cursor: query.cursor,
  })
  return json(200, { ...page, items: page.items.map(summaryRecord) })
}

/** A message of the caller's own project and scopes. @throws DarkroomError not_found for every other one */
async function ownMessage(
  { caller, params }: Pick<RouteContext, 'caller' | 'params'>,
  services: GatewayServices,
): Promise<WebhookWithAttempts> {
  const found = await services.webhooks.read(caller.project, params['id'] ?? '')
  if (mayUseScope(caller, found.webhook.scope)) return found
  throw new DarkroomError('not_found', 'There is no such webhook message.')
}

/** Without the signing secret, which is shown to nobody again. */
function summaryRecord(row: WebhookRow): Record<string, unknown> {
  return {
    id: row.id,
    status: row.status,
    type: row.type,
    subject: row.subject,
    scope: row.scope,
    url: row.url,
    attemptCount: row.attempts,
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  }
}

function messageRecord({ webhook, attempts }: WebhookWithAttempts): Record<string, unknown> {
  return { ...summaryRecord(webhook), attempts: attempts.map(attemptRecord) }
}

function attemptRecord(row: WebhookAttemptRow): Record<string, unknown> {
  return {
    number: row.number,
    at: row.at.toISOString(),
    durationMs: row.duration_ms,
    status: row.status,
    code: row.code,
    reason: row.reason,
  }
}

function secretRecord({ secret, createdAt, previousUntil }: WebhookSecret): Record<string, unknown> {
  return {
    secret,
    createdAt: createdAt.toISOString(),
    previousUntil: previousUntil?.toISOString() ?? null,
  }
}

import type { CacheClass } from '../../latency/labels.ts'
import { z } from 'zod'
import { mayUseScope } from '../../access/rights.ts'
import { DarkroomError } from '../../errors.ts'
import { errorOf } from '../../generation/generation-row.ts'
import type { GenerationRecord, RequestWithGenerations } from '../../generation/record.ts'
import { decodeRequestCursor } from '../../generation/record.ts'
import { fingerprintOf, generationBodySchema, parseGenerationBody } from '../../request/generation-body.ts'
import { readPreference } from '../../request/prefer.ts'
import { integerText, parseWith, readQuery } from '../../request/query.ts'
import { isPlainText } from '../../request/text.ts'
import { readNativeForm } from '../edit-form.ts'
import { classOfPictures } from '../cache-class.ts'
import { eventStream } from '../event-stream.ts'
import { requestAskOf } from '../request-ask.ts'
import type { Route, RouteContext } from '../route.ts'
import { generationEventSchema, recordSchema } from '../schemas.ts'
import type { GatewayServices } from '../services.ts'
import { publicUrlOf } from '../services.ts'

const record = { mediaType: 'application/json', schema: recordSchema }

const listQuerySchema = z.strictObject({
  limit: integerText(1, 100).optional(),
  cursor: z
    .string()
    .max(200)
    .refine((text) => decodeRequestCursor(text) !== undefined, 'must be the nextCursor of the page before')
    .optional(),
  q: z.string().max(200).refine(isPlainText, 'must be plain text').optional(),
})

/** The native API. */
export function generationRoutes(services: GatewayServices): Route[] {
  const byId = '/v1/generations/{id}'
  return [
    {
      method: 'POST',
      path: '/v1/generations',
      right: 'generate',
      summary: 'Ask for one or more pictures',
      body: { mediaType: 'application/json', schema: generationBodySchema },
      requestHeaders: {
        Prefer: 'wait=30 (the default, at most 120) or respond-async',
        'Idempotency-Key': 'Repeats of one request with one key do its work once; kept for 24 hours',
      },
      answers: {
        201: { about: 'Every picture is stored, or has failed with at least one stored.', ...record },
        202: { about: 'Accepted; Location has the record.', ...record },
        409: { about: 'The first request with this idempotency key is still running.' },
        422: { about: 'The model cannot do this, or the webhook’s URL may not be called.' },
        502: { about: 'The backend failed; the record says how.' },
      },
      handle: (context) => create(context, services),
    },
    {
      method: 'GET',
      path: '/v1/generations',
      right: 'read',
      summary: 'Requests, newest first',
      query: listQuerySchema,
      answers: { 200: { about: 'A page: items, and nextCursor or null.', mediaType: 'application/json' } },
      handle: (context) => list(context, services),
    },
    {
      method: 'GET',
      path: byId,
      right: 'read',
      summary: 'One request',
      answers: { 200: { about: 'The record.', ...record } },
      handle: async (context) => {
        parseWith(z.strictObject({}), readQuery(context.url))
        const found = await readOwn(context, services)
        return json(200, publicRecord(found.record, services))
      },
    },
    {
      method: 'GET',
      path: `${byId}/events`,
      right: 'read',
      summary: 'What happens to a request, as server-sent events',
      requestHeaders: { 'Last-Event-ID': 'Events after this one are replayed' },
      answers: {
        200: {
          about: 'Events until every picture has settled; the data of each is a GenerationEvent.',
          mediaType: 'text/event-stream',
          schema: generationEventSchema,
        },
      },
      handle: async (context) => eventStream(context, services, await readOwn(context, services)),
    },
    {
      method: 'POST',
      path: `${byId}/cancel`,
      right: 'generate',
      summary: 'Withdraw a request; work that nobody else wants stops',
      answers: { 200: { about: 'The record.', ...record }, 409: { about: 'It has already ended.' } },
      handle: async (context) => {
        const { record: found } = await readOwn(context, services)
        await services.generations.cancel(context.caller.project, found.id)
        return json(200, publicRecord((await readOwn(context, services)).record, services))
      },
    },
    {
      method: 'POST',
      path: `${byId}/regenerate`,
      right: 'generate',
      summary: 'Retire the stored pictures of a request and make the next revision',
      requestHeaders: { Prefer: 'wait=30 (the default, at most 120) or respond-async' },
      answers: { 201: { about: 'The new record.', ...record }, 202: { about: 'Accepted.', ...record } },
      handle: (context) => regenerate(context, services),
    },
  ]
}

async function create(context: RouteContext, services: GatewayServices): Promise<Response> {
  const { body, files } = await readNativeForm(context.request, services)
  const ask = parseGenerationBody(body, files)
  if (ask.webhook !== undefined) services.webhooks.check(ask.webhook.url)
  Object.assign(context.about, { scope: ask.scope, model: ask.model ?? 'default' })
  const idempotencyKey = readIdempotencyKey(context.request)
  const idempotency =
    idempotencyKey === undefined
      ? undefined
      : { owner: context.caller.owner, key: idempotencyKey, fingerprint: fingerprintOf(ask) }
  const accepted = await services.generations.accept({
    ...(await requestAskOf(ask, context, services, 'native')),
    idempotency,
    traceparent: context.traceparent,
  })
  if (accepted.kind === 'replayed') {
    return answerWhenDone(
      context,
      services,
      await services.generations.read(context.caller.project, accepted.requestId),
    )
  }
  const cacheClass = classOfPictures(accepted.request.generations, accepted.started)
  try {
    return await answerWhenDone(context, services, accepted.request, cacheClass)
  } finally {
    if (idempotency !== undefined) {
      // What is noted here only lets repeats be answered sooner: no reason to lose the answer.
      await services.generations
        .answered(idempotency.owner, idempotency.key)
        .catch((error: unknown) => context.log.warn({ err: error }, 'an answer could not be noted'))
    }
  }
}

/** A request of the caller's own project and scopes. @throws DarkroomError not_found for every other one */
export async function readOwn(
  { caller, params }: Pick<RouteContext, 'caller' | 'params'>,
  services: GatewayServices,
): Promise<RequestWithGenerations> {
  const found = await services.generations.read(caller.project, params['id'] ?? '')
  if (mayUseScope(caller, found.record.scope)) return found
  throw new DarkroomError('not_found', 'There is no such generation.')
}

/** @throws DarkroomError invalid_request */
export function readIdempotencyKey(request: Request): string | undefined {
  const header = request.headers.get('idempotency-key')
  if (header === null) return undefined
  const key = header.trim().replace(/^"(.*)"$/u, '$1')
  if (/^[\u0021-\u007e]{1,255}$/u.test(key)) return key
  throw new DarkroomError('invalid_request', 'Idempotency-Key must be 1 to 255 printable ASCII characters.', {
    param: 'Idempotency-Key',
  })
}

/** 201 when all pictures have settled within the wait, 202 with the record's address else. */
async function answerWhenDone(
  context: RouteContext,
  services: GatewayServices,
  accepted: RequestWithGenerations,
  cacheClass?: CacheClass,
): Promise<Response> {
  const preference = readPreference(context.request.headers.get('prefer'))
  const { id } = accepted.record
  const headers: Record<string, string> = { location: `/v1/generations/${id}` }
  if (preference.applied !== undefined) headers['preference-applied'] = preference.applied
  // Not waiting, the record as it was accepted is the answer.
  const current =
    preference.waitS > 0
      ? ((await settledWithin(services, accepted, preference.waitS * 1000, context.request.signal)) ??
        (await services.generations.read(context.caller.project, id)))
      : accepted
  const { status, images } = current.record
  if (status === 'queued' || status === 'running') {
    return json(202, publicRecord(current.record, services), { ...headers, 'retry-after': '1' })
  }
  const failed = current.generations.find((row) => row.status === 'failed')
  if (failed !== undefined && !images.some((image) => image.status === 'stored')) {
    throw errorOf(failed, services.now(), id)
  }
  // An answer without the pictures says nothing of how long they take.
  if (cacheClass !== undefined) context.about.cacheClass = cacheClass
  return json(201, publicRecord(current.record, services), headers)
}

/** The settled request; `undefined` when the time is over, or the caller has left and needs no answer. */
export async function settledWithin(
  services: GatewayServices,
  request: RequestWithGenerations,
  waitMs: number,
  callerSignal: AbortSignal,
): Promise<RequestWithGenerations | undefined> {
  const timeout = AbortSignal.timeout(waitMs)
  const signal = AbortSignal.any([timeout, callerSignal])
  try {
    return await services.generations.settled(request, signal)
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

async function list(context: RouteContext, services: GatewayServices): Promise<Response> {
  const query = parseWith(listQuerySchema, readQuery(context.url))
  const page = await services.generations.list({
    project: context.caller.project,
    scopes: context.caller.scopes,
    limit: query.limit ?? 20,
    cursor: query.cursor,
    search: query.q,
  })
  return json(200, { ...page, items: page.items.map((item) => publicRecord(item, services)) })
}

async function regenerate(context: RouteContext, services: GatewayServices): Promise<Response> {
  const { record: found } = await readOwn(context, services)
  const { project } = context.caller
  const { request, retiredImageIds } = await services.generations.regenerate(project, found.id, (alias) =>
    services.models.resolve(alias),
  )
  // Soft: the old picture is shown while the new one is made, and replaced by it.
  if (retiredImageIds.length > 0) await purgeImages(services, project, retiredImageIds, true)
  const response = await answerWhenDone(context, services, request, 'miss')
  // Whoever was told that the new one is there must not be served the old one once more.
  if (response.status === 201 && retiredImageIds.length > 0)
    await purgeImages(services, project, retiredImageIds, false)
  return response
}

/** Drops pictures wherever they may be cached: projects of one sharing domain have them under names of their own. */
export async function purgeImages(
  services: GatewayServices,
  project: string,
  ids: readonly string[],
  soft: boolean,
): Promise<void> {
  for (const domain of services.access.domains.edgeDomainsOf(project))
    await services.purges.purge({ tags: ids, soft, domain })
}

/** The record as it leaves the house: URLs with the public address. */
export function publicRecord(
  { images, ...rest }: GenerationRecord,
  services: Pick<GatewayServices, 'publicUrl'>,
): GenerationRecord {
  return {
    ...rest,
    images: images.map((image) => ({
      ...image,
      url: image.url === null ? null : publicUrlOf(services, image.url),
    })),
  }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  })
}

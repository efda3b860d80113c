import { makePlaceholder, mediaTypeOf, negotiateFormat } from '@darkroom/picture'
import type { PictureFormat } from '@darkroom/picture'
import type { PictureGrant } from '../../access/picture-access.ts'
import { DarkroomError } from '../../errors.ts'
import { scopeField } from '../../request/fields.ts'
import { parseImageUrl, signedImageQuerySchema } from '../../request/image-query.ts'
import type { LiveAsk } from '../../request/live-query.ts'
import { parseLiveUrl, signedLiveQuerySchema } from '../../request/live-query.ts'
import { remembered } from '../../request/remembered.ts'
import { darkroomErrorOf, errorResponse } from '../problem.ts'
import { forCdns } from '../cdn-tags.ts'
import { withGrant } from '../picture-caching.ts'
import { edgeRequest, pictureHit } from '../picture-hit.ts'
import { edgeBase, imagePath, livePath } from '../picture-key.ts'
import { liveRequest, specOfLive } from '../picture-origin.ts'
import { noteImageUse, noteLiveUse } from '../note-use.ts'
import type { Route, RouteContext } from '../route.ts'
import type { GatewayServices } from '../services.ts'

const pictureAnswers = {
  200: { about: 'The picture.', mediaType: 'image/*' },
  206: { about: 'The part asked for with Range.', mediaType: 'image/*' },
  304: { about: 'The picture is the one you have (If-None-Match).' },
}

/** `GET /live/{scope}` and `GET /images/{id}`: pictures, through the edge. */
export function pictureRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: '/live/{scope}',
      right: 'picture',
      summary: 'The picture of a prompt, generated on the first call and served from then on',
      query: signedLiveQuerySchema,
      answers: {
        ...pictureAnswers,
        503: { about: 'The picture is still being made; ask again after Retry-After seconds.' },
      },
      handle: (context) => live(context, services),
    },
    {
      method: 'GET',
      path: '/images/{id}',
      right: 'picture',
      summary: 'A stored picture or a variant of it, immutable',
      query: signedImageQuerySchema,
      answers: pictureAnswers,
      handle: (context) => image(context, services),
    },
  ]
}

async function live(context: RouteContext, services: GatewayServices): Promise<Response> {
  const { request, url, params, stages } = context
  const scope = scopeField.safeParse(params['scope'])
  if (!scope.success) {
    throw new DarkroomError('invalid_request', 'A scope name is 1 to 63 of a-z, 0-9, _ and -.', {
      param: 'scope',
    })
  }
  const startedMs = performance.now()
  // Before anything is read or looked up: faults, hits, placeholders and their time tell nothing to strangers.
  const grant = await services.access.pictures.live(context.caller, request, url, scope.data)
  stages.lap('access')
  const ask = parseLiveUrl(url)
  context.about.model = services.models.resolve(ask.model).alias
  context.about.project = grant.caller.project
  context.about.scope = scope.data
  const format = ask.delivery.format ?? formatByAccept(request)
  const key = livePath(scope.data, ask, format)
  stages.lap('key')
  if (ask.placeholder && request.method === 'GET') {
    const placeholder = await placeholderFor(context, services, {
      ask,
      grant,
      scope: scope.data,
      format,
      key,
    })
    if (placeholder !== undefined) return placeholder
  }
  const response = await throughEdge(context, services, key, {
    grant,
    refusal: () => refuseWork(context, services, ask, grant),
  })
  noteLiveUse(context, services, response, { ask, grant, scope: scope.data, format, key }, startedMs)
  if (ask.delivery.format === undefined) response.headers.append('vary', 'Accept')
  extendByAge(response.headers)
  forCdns(response, grant.edgeDomain, services.cdnTagFields)
  return withGrant(response, grant, services.now())
}

async function image(context: RouteContext, services: GatewayServices): Promise<Response> {
  const { request, url, params, stages } = context
  const startedMs = performance.now()
  const ask = parseImageUrl(url, params['id'] ?? '')
  const key = imagePath(ask, ask.auto ? formatByAccept(request) : ask.format)
  stages.lap('key')
  const grant = await services.access.pictures.image(context.caller, url, ask.id)
  stages.lap('access')
  // Making a variant of a stored picture is delivery, and asks for no right to generate.
  const response = await throughEdge(context, services, key, { grant, refusal: async () => undefined })
  noteImageUse(context, services, response, { grant, imageId: ask.id }, startedMs)
  if (ask.auto) response.headers.append('vary', 'Accept')
  forCdns(response, grant.edgeDomain, services.cdnTagFields)
  return withGrant(response, grant, services.now())
}

/** Browsers send a handful of them, always the same. */
const foldedAccept = remembered({ maxTexts: 256, maxLength: 512 }, (accept) => negotiateFormat(accept))

/** `Accept`, folded to one of our formats before it becomes part of a cache key. @throws not_acceptable */
function formatByAccept(request: Request): PictureFormat {
  const accept = request.headers.get('accept')
  const format = accept === null ? negotiateFormat(null) : foldedAccept(accept)
  if (format !== undefined) return format
  throw new DarkroomError(
    'not_acceptable',
    'Accept allows none of image/jpeg, image/png, image/webp, image/avif.',
  )
}

async function throughEdge(
  context: RouteContext,
  services: GatewayServices,
  key: string,
  {
    grant,
    refusal,
  }: {
    grant: PictureGrant
    /** Asked before anything but the edge's memory is; answers with the refusal, if it is one. */
    refusal: () => Promise<Response | undefined>
  },
): Promise<Response> {
  const { request, stages } = context
  const hit = pictureHit(services.edge, request, key, grant.edgeDomain)
  if (hit !== undefined) {
    stages.lap('edge')
    return pictureAnswer(hit, context, services)
  }
  const forwarded = edgeRequest(request, key, context.traceparent)
  const response = await services.edge.fetch(forwarded, { domain: grant.edgeDomain, mayForward: refusal })
  stages.lap('edge')
  // The work behind the edge has stages of its own.
  const originMs = originMsOf(response)
  if (originMs > 0) stages.add('edge', -Math.min(originMs, stages.get('edge') ?? 0))
  return pictureAnswer(response, context, services)
}

/** Whoever is shown a picture, or told that the one they have is still it, uses it: at the edge too. */
function noteUse(headers: Headers, status: number, services: GatewayServices): void {
  const id = status < 400 ? headers.get('x-image-id') : null
  if (id !== null) services.imageUse.note(id)
}

/** Who may not cause a generation is still shown one that is stored, whether or not the edge remembers it. */
async function refuseWork(
  context: RouteContext,
  services: GatewayServices,
  ask: LiveAsk,
  { caller }: PictureGrant,
): Promise<Response | undefined> {
  try {
    await services.access.mayCauseWork(context.request, caller)
    return undefined
  } catch (error) {
    const stored = await services.generations.find(specOfLive(ask, caller.domain, services.models))
    return stored === undefined ? errorResponse(darkroomErrorOf(error), context.requestId) : undefined
  }
}

/** How long the origin took for an answer that was not stored; also where another request waited for most of it. */
function originMsOf({ headers }: Response): number {
  if (headers.get('x-cache-status') !== 'MISS') return 0
  return Number(/(?:^|, )origin;dur=([\d.]+)/u.exec(headers.get('server-timing') ?? '')?.[1] ?? 0)
}

/** Adds what belongs to this answer and not to the stored one. */
async function pictureAnswer(
  response: Response,
  context: RouteContext,
  services: GatewayServices,
): Promise<Response> {
  // The edge makes a Response for each caller, so its headers are ours to add to.
  const { headers } = response
  noteUse(headers, response.status, services)
  const isMiss = headers.get('x-cache-status') === 'MISS'
  const own = context.stages.header()
  const origin = headers.get('server-timing')
  headers.set('server-timing', isMiss && origin !== null ? `${own}, ${origin}` : own)
  for (const [name, value] of Object.entries(pictureAccess)) headers.set(name, value)
  if (response.status < 400) return response
  headers.set('cache-control', 'no-store')
  headers.delete('content-length')
  if (headers.get('content-type') === 'application/problem+json') {
    // A shared error names the request that met it; each reader gets its own id to ask the log with.
    const problem = (await response.json()) as Record<string, unknown>
    return new Response(JSON.stringify({ ...problem, requestId: context.requestId }), {
      status: response.status,
      headers,
    })
  }
  return explained(response, context)
}

/** Pictures can be shown and read by any page, and so can the reason why there is none. */
export const pictureAccess: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'X-Image-Id, X-Image-Seed, X-Cache-Status, X-Request-Id, Cache-Status, Server-Timing, Retry-After, ETag',
  'cross-origin-resource-policy': 'cross-origin',
  'timing-allow-origin': '*',
}

/** The edge's own refusals in the words of this API. */
function explained(response: Response, context: RouteContext): Response {
  const error =
    response.status === 416
      ? new DarkroomError('invalid_range', 'The range begins after the end; Content-Range has the size.')
      : new DarkroomError(
          'not_cached',
          'only-if-cached was asked for, and the edge does not have this picture.',
        )
  const { headers, body, status } = errorResponse(error, context.requestId)
  for (const [name, value] of response.headers) if (!headers.has(name)) headers.set(name, value)
  return new Response(body, { status, headers })
}

/**
 * A browser counts `Age` (RFC 9111 §4.2.3) against `max-age`: its short while begins when it gets the answer, not
 * when the edge did.
 */
function extendByAge(headers: Headers): void {
  const age = Number(headers.get('age') ?? 0)
  const browserS = /^public, max-age=(\d+)$/u.exec(headers.get('cache-control') ?? '')?.[1]
  if (age > 0 && browserS !== undefined)
    headers.set('cache-control', `public, max-age=${Number(browserS) + age}`)
}

/** A prompt URL with all that was found out about it. */
interface LivePlace {
  ask: LiveAsk
  grant: PictureGrant
  scope: string
  format: PictureFormat
  key: string
}

/**
 * `placeholder=1`: what can be shown at once while the picture is being made; `undefined` when it is there.
 * The work is accepted when this resolves, and nobody waits for it here.
 */
async function placeholderFor(
  context: RouteContext,
  services: GatewayServices,
  { ask, grant, scope, format, key }: LivePlace,
): Promise<Response | undefined> {
  const { caller, edgeDomain } = grant
  if (services.edge.peek(new Request(`${edgeBase}${key}`), { domain: edgeDomain }) !== undefined)
    return undefined
  const spec = specOfLive(ask, caller.domain, services.models)
  if ((await services.generations.find(spec)) !== undefined) return undefined
  await services.access.mayCauseWork(context.request, caller)
  const place = { project: caller.project, scope }
  // A budget's refusal and a failure that is kept are the answer: a placeholder would be asked for again for ever.
  await services.generations.begin(liveRequest(ask, place, context.traceparent), spec)
  const bytes = await makePlaceholder({ ...ask, format, seedText: `${ask.prompt} ${ask.seed}` })
  return new Response(new Uint8Array(bytes), {
    headers: {
      'content-type': mediaTypeOf(format),
      'cache-control': 'no-store',
      refresh: '2',
      'x-cache-status': 'MISS',
      'cache-status': 'darkroom; fwd=uri-miss; detail=placeholder',
      ...pictureAccess,
    },
  })
}

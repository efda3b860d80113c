import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { randomUUID } from 'node:crypto'
import { DarkroomError } from '../errors.ts'
import { scopeLabel } from '../latency/labels.ts'
import { classOfResponse } from './cache-class.ts'
import { traceOf } from './request-trace.ts'
import { openApiDocument } from './openapi.ts'
import { darkroomErrorOf, errorResponse } from './problem.ts'
import type { Route, RequestSubject } from './route.ts'
import { catalogRoutes } from './routes/catalogs.ts'
import { predictionRoutes } from './routes/predictions.ts'
import { cdnRoutes } from './routes/cdns.ts'
import { carouselRoutes } from './routes/carousels.ts'
import { dashboardRoutes } from './routes/dashboard.ts'
import { explainRoutes } from './routes/explain.ts'
import { generationRoutes, json } from './routes/generations.ts'
import { imageRoutes } from './routes/images.ts'
import { jobRoutes } from './routes/jobs.ts'
import { latencyRoutes } from './routes/latency.ts'
import { auditRoutes } from './routes/audit.ts'
import { keyRoutes } from './routes/keys.ts'
import { openAIModelRoutes } from './routes/openai-models.ts'
import { openAIRoutes } from './routes/openai.ts'
import { overviewRoutes } from './routes/overview.ts'
import { pictureAccess, pictureRoutes } from './routes/pictures.ts'
import { purgeRoutes } from './routes/purge.ts'
import { scalingRoutes } from './routes/scaling.ts'
import { scopeRoutes } from './routes/scopes.ts'
import { startPageRoutes } from './routes/start-page.ts'
import { systemRoutes } from './routes/system.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import type { GatewayServices } from './services.ts'

/** Every route of the platform, in one list: what is served is what is documented. */
export function gatewayRoutes(services: GatewayServices): Route[] {
  const routes = [
    ...startPageRoutes(),
    ...pictureRoutes(services),
    ...generationRoutes(services),
    ...carouselRoutes(services),
    ...imageRoutes(services),
    ...openAIRoutes(services),
    ...openAIModelRoutes(services),
    ...purgeRoutes(services),
    ...cdnRoutes(services),
    ...catalogRoutes(services),
    ...predictionRoutes(services),
    ...jobRoutes(services),
    ...webhookRoutes(services),
    ...keyRoutes(services),
    ...scopeRoutes(services),
    ...auditRoutes(services),
    ...scalingRoutes(services),
    ...overviewRoutes(services),
    ...dashboardRoutes(services),
    ...latencyRoutes(services),
    ...explainRoutes(services),
    ...systemRoutes(services),
  ]
  const document: Route = {
    method: 'GET',
    path: '/openapi.json',
    right: 'open',
    summary: 'This document',
    answers: { 200: { about: 'OpenAPI 3.1.', mediaType: 'application/json' } },
    handle: () => json(200, openApi),
  }
  const openApi = openApiDocument([...routes, document], services.version)
  return [...routes, document]
}

/** The HTTP handler of the whole platform: a `Request` in, a `Response` out, whatever happens. */
export function createGateway(services: GatewayServices): (request: Request) => Promise<Response> {
  const app = new Hono()
  app.use('/v1/*', apiCors(services))
  for (const pattern of ['/live/*', '/images/*']) app.options(pattern, preflightOfPictures())
  const byPath = Map.groupBy(gatewayRoutes(services), (route) => route.path)
  for (const [path, routes] of [...byPath].toSorted(([a], [b]) => openness(a) - openness(b))) {
    const pattern = honoPattern(path)
    app.all(pattern, async (c) => {
      return await serve(routes, c.req.raw, c.req.param(), services)
    })
  }
  app.notFound((c) => unknownRoute(c.req.raw, services))
  return async (request) => await app.fetch(request)
}

/** `{id}` is a segment, `{id}.zip` one that ends so, the ending included: OpenAPI's way, in the router's. */
function honoPattern(path: string): string {
  return path
    .replaceAll(/\{(\w+)\}\.(\w+)/gu, String.raw`:$1{[^/]+\.$2}`)
    .replaceAll(/\{(\w+)\}(?!\w)/gu, ':$1')
}

function isPicturePath(path: string): boolean {
  return path.startsWith('/live/') || path.startsWith('/images/')
}

/**
 * The less a path leaves open, the earlier it is tried: `/v1/images/generations` is no image of that id, and
 * `{id}.zip` no carousel whose id ends so.
 */
function openness(path: string): number {
  return path.split('{').length * 2 - (path.includes('}.') ? 1 : 0)
}

/** On the API only for the origins that the operator lists; a browser shows everyone else nothing. */
function apiCors(services: GatewayServices): ReturnType<typeof cors> {
  return cors({
    origin: (origin) => (services.corsOrigins.includes(origin) ? origin : null),
    allowMethods: ['GET', 'POST', 'PATCH', 'DELETE'],
    allowHeaders: [
      'Content-Type',
      'Authorization',
      'X-API-Key',
      'Idempotency-Key',
      'Prefer',
      'Last-Event-ID',
    ],
    exposeHeaders: [
      'Location',
      'Preference-Applied',
      'X-Request-Id',
      'Retry-After',
      'Server-Timing',
      'RateLimit',
      'RateLimit-Policy',
    ],
    maxAge: 600,
  })
}

/** Any page may ask for a picture on its conditions; a preflight causes nothing. */
function preflightOfPictures(): ReturnType<typeof cors> {
  return cors({
    origin: '*',
    allowMethods: ['GET', 'HEAD'],
    allowHeaders: [
      'Authorization',
      'X-API-Key',
      'If-None-Match',
      'If-Modified-Since',
      'If-Range',
      'Range',
      'Cache-Control',
    ],
    maxAge: 86_400,
  })
}

async function serve(
  routes: readonly Route[],
  request: Request,
  params: Record<string, string>,
  services: GatewayServices,
): Promise<Response> {
  const { recorder } = services
  const startedAt = services.now()
  const startedMs = recorder.now()
  const requestId = randomUUID()
  const log = services.log.child({ requestId })
  const wire = routes.find((route) => route.wire !== undefined)?.wire
  const url = new URL(request.url)
  const stages = recorder.stages()
  const about: RequestSubject = { project: '', scope: '', model: '' }
  const trace = traceOf(request, recorder)
  const { traceparent } = trace
  let response: Response
  try {
    stages.lap('key')
    services.access.check(request)
    const route = routeFor(routes, request)
    // The one place where rights are enforced: no handler runs for a caller who lacks its route's.
    const { caller, headers } = await services.access.admit(request, route.right)
    stages.lap('access')
    about.project = caller.project
    response = await route.handle({
      request,
      url,
      params,
      requestId,
      log,
      stages,
      about,
      traceparent,
      caller,
    })
    for (const [name, value] of Object.entries(headers ?? {})) response.headers.set(name, value)
  } catch (error) {
    response = failure(error, request, requestId, log, wire)
    if (isPicturePath(url.pathname)) {
      for (const [name, value] of Object.entries(pictureAccess)) response.headers.set(name, value)
    }
  }
  if (!response.headers.has('server-timing')) {
    const header = stages.header()
    if (header !== '') response.headers.set('server-timing', header)
  }
  response.headers.set('x-request-id', requestId)
  response.headers.set('x-content-type-options', 'nosniff')
  const labels = {
    route: routes[0]?.path ?? '',
    cacheClass: classOfResponse(response, about, request, url),
    scope: about.scope === '' ? '' : scopeLabel(about.project, about.scope),
    model: about.model,
  }
  recorder.record(labels, stages, recorder.now() - startedMs, trace.traceId ?? requestId)
  trace.end?.({ method: request.method, status: response.status, labels, stages, startedAt })
  logRequest(log, request, url, response, services.now() - startedAt)
  return request.method === 'HEAD' ? withoutBody(response) : response
}

/** HEAD is GET without the body (RFC 9110 §9.3.2). @throws DarkroomError method_not_allowed */
function routeFor(routes: readonly Route[], request: Request): Route {
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const route = routes.find((candidate) => candidate.method === method)
  if (route !== undefined) return route
  const allowed = routes.flatMap((candidate) =>
    candidate.method === 'GET' ? ['GET', 'HEAD'] : [candidate.method],
  )
  throw new DarkroomError('method_not_allowed', `Use ${allowed.join(' or ')} here.`, {
    headers: { allow: allowed.join(', ') },
  })
}

function failure(
  error: unknown,
  request: Request,
  requestId: string,
  log: GatewayServices['log'],
  wire: 'openai' | undefined,
): Response {
  if (request.signal.aborted && error === request.signal.reason) {
    // Nobody reads this answer: the caller has hung up.
    return new Response(null, { status: 499 })
  }
  const known = darkroomErrorOf(error)
  if (known.code === 'internal') log.error({ err: error }, 'unexpected error')
  return errorResponse(known, requestId, wire)
}

/** The answer where no route matches: the rules of access come first there too. */
function unknownRoute(request: Request, services: GatewayServices): Response {
  const requestId = randomUUID()
  const wire = new URL(request.url).pathname.startsWith('/v1/images/') ? 'openai' : undefined
  let error = new DarkroomError('not_found', 'There is no such route; /openapi.json lists them.')
  try {
    services.access.check(request)
  } catch (refusal) {
    error = darkroomErrorOf(refusal)
  }
  const response = errorResponse(error, requestId, wire)
  response.headers.set('x-request-id', requestId)
  return response
}

/** Edge hits and health checks come by the thousand and say nothing new; errors are worth a line each. */
function logRequest(
  log: GatewayServices['log'],
  request: Request,
  url: URL,
  response: Response,
  durationMs: number,
): void {
  const facts = {
    method: request.method,
    path: url.pathname,
    status: response.status,
    cache: response.headers.get('x-cache-status') ?? undefined,
    durationMs: Math.round(durationMs * 10) / 10,
  }
  const quiet = facts.cache === 'HIT' || url.pathname === '/healthz' || url.pathname === '/readyz'
  if (response.status >= 500 && response.status !== 501) log.warn(facts, 'request')
  else if (quiet) log.debug(facts, 'request')
  else log.info(facts, 'request')
}

function withoutBody(response: Response): Response {
  return new Response(null, response)
}

import { comparisonQuerySchema, latencyQuerySchema, windowQuerySchema } from '../../request/latency-query.ts'
import { markerBodySchema } from '../../request/marker-body.ts'
import { parseWith, readQuery } from '../../request/query.ts'
import { readJsonBody } from '../body.ts'
import type { Route, RouteContext } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'
import { metricsRoute } from './metrics.ts'

const hourMs = 3_600_000
const inJson = { mediaType: 'application/json' }

/** Where the time went, what was avoided, and whether a deploy helped. Figures of all processes and projects. */
export function latencyRoutes(services: GatewayServices): Route[] {
  const { measuring, now } = services
  return [
    {
      method: 'GET',
      path: '/v1/latency',
      right: 'admin',
      summary: 'Percentiles of stages by class, route, scope or model, over a window',
      query: latencyQuerySchema,
      answers: { 200: { about: 'Groups, each with its figures and how they went.', ...inJson } },
      handle: async ({ url }) => {
        const asked = parseWith(latencyQuerySchema, readQuery(url))
        const {
          by = 'class',
          stage = 'total',
          window: windowMs = 24 * hourMs,
          points = 48,
          ...others
        } = asked
        const toMs = now() + 1
        const { class: cacheClass, route, scope, model } = others
        const labels = { class: cacheClass, route, scope, model }
        const ask = { by, stage, points, fromMs: toMs - windowMs, toMs, ...labels }
        return json(200, await measuring.latency(ask))
      },
    },
    {
      method: 'GET',
      path: '/v1/ledger',
      right: 'admin',
      summary: 'Work that ran and work that was avoided: by kind and axis',
      query: windowQuerySchema,
      answers: {
        200: { about: 'Units with how many ran, joined and were cached, and what that saved.', ...inJson },
      },
      handle: async ({ url }) => {
        const { window: windowMs = 24 * hourMs } = parseWith(windowQuerySchema, readQuery(url))
        const toMs = now() + 1
        return json(200, await measuring.ledger({ fromMs: toMs - windowMs, toMs }))
      },
    },
    ...markerRoutes(services),
    metricsRoute({ exposition: measuring.exposition, version: services.version }),
  ]
}

function markerRoutes(services: GatewayServices): Route[] {
  const { measuring, now } = services
  return [
    {
      method: 'GET',
      path: '/v1/markers',
      right: 'admin',
      summary: 'Deploy markers, newest first',
      query: windowQuerySchema,
      answers: { 200: { about: 'markers, each with id, at and text.', ...inJson } },
      handle: async ({ url }) => {
        const { window: windowMs = 7 * 24 * hourMs } = parseWith(windowQuerySchema, readQuery(url))
        return json(200, { markers: await measuring.markers.list({ fromMs: now() - windowMs, toMs: now() }) })
      },
    },
    {
      method: 'POST',
      path: '/v1/markers',
      right: 'admin',
      summary: 'Set a marker: from this moment on, or from an earlier one',
      body: { mediaType: 'application/json', schema: markerBodySchema },
      answers: { 201: { about: 'The marker.', ...inJson } },
      handle: async (context) => {
        const { text, at } = parseWith(markerBodySchema, await readJsonBody(context.request))
        const marker = await measuring.markers.add({ text, atMs: at, actor: context.caller.owner })
        return json(201, marker, { location: `/v1/markers/${marker.id}/comparison` })
      },
    },
    {
      method: 'DELETE',
      path: '/v1/markers/{id}',
      right: 'admin',
      summary: 'Take a marker away',
      answers: { 204: { about: 'It is gone.' } },
      handle: async ({ params }) => {
        await measuring.markers.remove(params['id'] ?? '')
        return new Response(null, { status: 204 })
      },
    },
    {
      method: 'GET',
      path: '/v1/markers/{id}/comparison',
      right: 'admin',
      summary: 'Percentiles before and after a marker, with confidence intervals of their differences',
      query: comparisonQuerySchema,
      answers: {
        200: {
          about:
            'before, after and differences; classes, and atEqualShares, where the shares of the classes changed (warning).',
          ...inJson,
        },
      },
      handle: (context) => comparison(context, services),
    },
  ]
}

async function comparison({ url, params }: RouteContext, { measuring }: GatewayServices): Promise<Response> {
  const asked = parseWith(comparisonQuerySchema, readQuery(url))
  const { window: windowMs = hourMs, stage = 'total', class: cacheClass, route } = asked
  const ask = { windowMs, stage, class: cacheClass, route }
  return json(200, await measuring.markers.compare(params['id'] ?? '', ask))
}

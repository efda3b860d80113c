import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { nobody } from '../access/access.ts'
import { DarkroomError } from '../errors.ts'
import { createStageTimings } from '../latency/stage-timings.ts'
import { darkroomErrorOf, errorResponse } from './problem.ts'
import type { MetricsServices } from './routes/metrics.ts'
import { metricsRoute } from './routes/metrics.ts'
import type { HealthServices } from './routes/system.ts'
import { systemRoutes } from './routes/system.ts'

/**
 * The handler of a process that serves no requests: whether it lives, whether it is ready, and what it measured.
 * Whoever probes it may come by any name and address, so no rule of access applies; nothing here causes work, names a
 * scope or a model, or tells a secret.
 */
export function createHealth(
  services: HealthServices & MetricsServices & { log: Logger },
): (request: Request) => Promise<Response> {
  const routes = [...systemRoutes(services), metricsRoute(services)]
  return async (request) => {
    const requestId = randomUUID()
    const url = new URL(request.url)
    const route = routes.find(({ path }) => path === url.pathname)
    try {
      if (route === undefined) {
        throw new DarkroomError(
          'not_found',
          'This process is a worker: it has /healthz, /readyz and /metrics. Ask a gateway.',
        )
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        throw new DarkroomError('method_not_allowed', 'Use GET or HEAD here.', {
          headers: { allow: 'GET, HEAD' },
        })
      }
      const response = await route.handle({
        request,
        url,
        params: {},
        requestId,
        log: services.log,
        stages: createStageTimings(),
        about: { project: '', scope: '', model: '' },
        traceparent: undefined,
        caller: nobody,
      })
      return request.method === 'HEAD' ? new Response(null, response) : response
    } catch (error) {
      return errorResponse(darkroomErrorOf(error), requestId)
    }
  }
}

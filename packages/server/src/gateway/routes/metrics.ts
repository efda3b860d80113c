import { openMetricsType, prometheusType } from '../../latency/exposition.ts'
import type { Measuring } from '../../latency/measuring.ts'
import type { Route } from '../route.ts'

/** What the exposition is made from. */
export interface MetricsServices {
  exposition: Measuring['exposition']
  version: string
}

/** Each process tells its own figures, a worker too: Prometheus asks all of them and sums. */
export function metricsRoute({ exposition, version }: MetricsServices): Route {
  return {
    method: 'GET',
    path: '/metrics',
    right: 'admin',
    summary:
      'What this process measured since its start, for Prometheus; OpenMetrics with exemplars by Accept',
    answers: { 200: { about: 'The exposition.', mediaType: 'text/plain' } },
    handle: ({ request }) => {
      const openMetrics = request.headers.get('accept')?.includes('application/openmetrics-text') ?? false
      return new Response(exposition({ openMetrics, version }), {
        headers: {
          'content-type': openMetrics ? openMetricsType : prometheusType,
          'cache-control': 'no-store',
        },
      })
    },
  }
}

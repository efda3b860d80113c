import { DarkroomError } from '../../errors.ts'
import type { Route } from '../route.ts'
import type { ReadinessChecks } from '../services.ts'
import { json } from './generations.ts'

/** What health is told from. */
export interface HealthServices {
  readiness: ReadinessChecks
  version: string
  access: { mode: 'off' | 'on' }
}

/** Liveness and readiness. The OpenAPI document is added by the gateway, which knows all routes. */
export function systemRoutes(services: HealthServices): Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      right: 'open',
      summary: 'Whether the process answers at all',
      answers: { 200: { about: 'It does.', mediaType: 'application/json' } },
      handle: () => json(200, { status: 'ok', version: services.version }),
    },
    {
      method: 'GET',
      path: '/readyz',
      right: 'open',
      summary:
        'Whether this process can do its part: a gateway serve requests, a worker draw with the default model',
      answers: {
        200: { about: 'Ready.', mediaType: 'application/json' },
        503: { about: 'Not ready; the detail says which check failed and why.' },
      },
      handle: async ({ log }) => {
        const failures = await failedChecks(services)
        if (failures.length === 0)
          return json(200, { status: 'ready', checks: Object.keys(services.readiness) })
        // The route is open to strangers then: what went wrong is in the log alone.
        const isOpen = services.access.mode === 'on'
        if (isOpen) log.warn({ failures }, 'not ready')
        const shown = isOpen ? failures.map((failure) => failure.split(':')[0]) : failures
        throw new DarkroomError('not_ready', shown.join('; '), { retryAfterS: 1 })
      },
    },
  ]
}

async function failedChecks(services: HealthServices): Promise<string[]> {
  const results = await Promise.all(
    Object.entries(services.readiness).map(async ([name, check]) => {
      try {
        await check()
        return []
      } catch (error) {
        return [`${name}: ${error instanceof Error ? error.message : 'failed'}`]
      }
    }),
  )
  return results.flat()
}

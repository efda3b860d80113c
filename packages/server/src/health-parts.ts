import { createHealth } from './gateway/health.ts'
import { createExposition } from './latency/measuring.ts'
import type { Foundation, Platform, PlatformOptions } from './platform.ts'
import type { ReadyWorker } from './readiness.ts'
import { readinessOf } from './readiness.ts'
import { version } from './version.ts'

/** The routes of a worker or a predictor: whether it lives and is ready, and what it measured. */
export function composeHealth(
  { config, log }: PlatformOptions,
  foundation: Foundation,
  worker: ReadyWorker | undefined,
): Pick<Platform, 'fetch' | 'access'> {
  const readiness = readinessOf({ ...foundation, worker })
  const { mode } = config.access
  // No key is asked for here. Where strangers may come by, what is paid is not told.
  const exposition = createExposition(foundation.measuring.measurements, () => [], mode === 'off')
  const fetch = createHealth({ readiness, log, version, access: { mode }, exposition })
  return { fetch, access: { mode, apiKeys: 0 } }
}

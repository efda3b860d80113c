import { z } from 'zod'
import type { Config } from '../config.ts'
import { cdnSettingsOf, cdnVariables } from '../cdn/variables.ts'
import { megabyte, parseVariables } from '../config-variable.ts'
import { variables } from '../config.ts'

/** What `darkroom edge` reads: the cache alone needs no models, no folders and no database. */
export type EdgeConfig = Pick<Config, 'port' | 'host' | 'edgeMaxBytes' | 'cdn' | 'drainMs' | 'logLevel'> & {
  /** `undefined`: no purges are taken. */
  readonly purgeKey: string | undefined
}

/** Another address than a loopback one is fine here: the cache causes no generations and has no API. */
const edgeVariables = {
  PORT: variables.PORT,
  HOST: {
    schema: z
      .string()
      .optional()
      .transform((host) => host ?? '127.0.0.1'),
  },
  DARKROOM_EDGE_MB: variables.DARKROOM_EDGE_MB,
  DARKROOM_DRAIN_S: variables.DARKROOM_DRAIN_S,
  DARKROOM_LOG_LEVEL: variables.DARKROOM_LOG_LEVEL,
  AWS_ACCESS_KEY_ID: variables.AWS_ACCESS_KEY_ID,
  AWS_SECRET_ACCESS_KEY: variables.AWS_SECRET_ACCESS_KEY,
  ...cdnVariables,
} as const

/** @throws ConfigError with all faults */
export function parseEdgeConfig(environment: Readonly<Record<string, string | undefined>>): EdgeConfig {
  const parsed = parseVariables(edgeVariables, environment)
  return Object.freeze({
    port: parsed.PORT,
    host: parsed.HOST,
    edgeMaxBytes: parsed.DARKROOM_EDGE_MB * megabyte,
    cdn: cdnSettingsOf(parsed),
    purgeKey: parsed.DARKROOM_EDGE_PURGE_KEY,
    drainMs: parsed.DARKROOM_DRAIN_S * 1000,
    logLevel: parsed.DARKROOM_LOG_LEVEL,
  })
}

import { resolve } from 'node:path'
import { z } from 'zod'
import type { AccessConfig } from './access/variables.ts'
import { accessConfigOf, accessVariables, hostFault } from './access/variables.ts'
import type { ModelTable } from './backends/model-table.ts'
import { defaultModels, parseModelTable } from './backends/model-table.ts'
import type { CdnSettings } from './cdn/variables.ts'
import { cdnSettingsOf, cdnVariables } from './cdn/variables.ts'
import type { ImageModelLike } from './backends/ai-sdk/image-model.ts'
import type { SimulatedGpuSettings } from './backends/simulated-gpu/settings.ts'
import { simulatedGpuVariables } from './backends/simulated-gpu/variable.ts'
import type { BackendSettings } from './backends/variables.ts'
import { backendSettingsOf, backendVariables, modelFaults } from './backends/variables.ts'
import type { Parsed } from './config-variable.ts'
import {
  ConfigError,
  defineVariable,
  httpUrl,
  integer,
  isAllowList,
  isOrigin,
  listOfTexts,
  megabyte,
  parseVariables,
  unknownNames,
} from './config-variable.ts'
import type { ScalingSettings } from './scaling/variables.ts'
import { scalingSettingsOf, scalingVariables } from './scaling/variables.ts'
import type { OtlpConfig } from './latency/variables.ts'
import { otlpConfigOf, otlpVariables } from './latency/variables.ts'
import type { StorageConfig } from './storage/storage-config.ts'
import { parseStoragePlace, storageConfigOf } from './storage/storage-config.ts'
import { retentionVariables } from './generation/variables.ts'
import type { PredictionSettings } from './prediction/variables.ts'
import { predictionSettingsOf, predictionVariables } from './prediction/variables.ts'
import type { ServerSettings } from './worker/variables.ts'
import { serverSettingsOf, serverVariables, workVariables } from './worker/variables.ts'

/** The platform's configuration: frozen, complete, parsed once. */
export interface Config {
  readonly port: number
  readonly host: string
  readonly dataDir: string
  readonly databaseUrl: string | undefined
  readonly storage: StorageConfig
  readonly models: ModelTable
  readonly openai: { readonly apiKey: string | undefined; readonly baseUrl: string }
  readonly simulatedGpu: SimulatedGpuSettings
  /** Where the other model servers are. */
  readonly modelServers: BackendSettings
  /** Image models of the AI SDK, by name, out of the configuration file. */
  readonly imageModels: Readonly<Record<string, ImageModelLike>>
  /** How a worker treats its model servers. */
  readonly servers: ServerSettings
  readonly publicUrl: string | undefined
  readonly liveWaitMs: number
  readonly backendTimeoutMs: number
  readonly workerConcurrency: number
  readonly carouselConcurrency: number
  readonly drainMs: number
  /** Generations that a scope may have queued. */
  readonly queueLimit: number
  readonly prediction: PredictionSettings
  readonly edgeMaxBytes: number
  /** What stands in front. */
  readonly cdn: CdnSettings
  readonly corsOrigins: readonly string[]
  /** What the outbound guard lets through although it is not public. */
  readonly outboundAllow: readonly string[]
  readonly maxUploadBytes: number
  /** For how long messages to webhooks are kept after they have ended. */
  readonly webhookKeepMs: number
  /** In scopes that say nothing else. */
  readonly retention: { readonly maxAgeDays: number | undefined; readonly unusedDays: number | undefined }
  readonly access: AccessConfig
  /** How many workers are wanted, and who is told. */
  readonly scaling: ScalingSettings
  /** Where traces and metrics are sent. */
  readonly otlp: OtlpConfig | undefined
  readonly logLevel: string
}

/**
 * Every variable the platform reads, with its default and its meaning: `docs/configuration.md` is generated from
 * this table.
 */
export const variables = {
  PORT: defineVariable('8787', 'The port to listen on; 0 picks a free one.', integer(0, 65_535, 8787)),
  HOST: defineVariable(
    '127.0.0.1',
    'The address to listen on. Another than a loopback address needs DARKROOM_AUTH=on and a key.',
    z
      .string()
      .optional()
      // As in a URL, an IPv6 address may stand in brackets; `listen` wants it without.
      .transform((host) => (host ?? '127.0.0.1').replaceAll(/[[\]]/gu, '')),
  ),
  DARKROOM_DATA: defineVariable(
    './.darkroom',
    'The data folder: the embedded database and, by default, the pictures.',
    z
      .string()
      .min(1, 'must name a folder')
      .optional()
      .transform((path) => resolve(path ?? '.darkroom')),
  ),
  DATABASE_URL: defineVariable(
    '(embedded PostgreSQL)',
    'Any PostgreSQL 15 or later; unset, one is started in the data folder.',
    z
      .string()
      .regex(/^postgres(ql)?:\/\//u, 'must be a postgres:// URL')
      .optional(),
  ),
  DARKROOM_STORAGE: defineVariable(
    'file:<data folder>/objects',
    'Where pictures are stored: file:/some/folder, or s3://bucket/prefix on any S3 that knows conditional writes (`If-None-Match`).',
    z
      .string()
      .transform((text, context) => {
        const place = parseStoragePlace(text)
        if (place !== undefined) return place
        context.issues.push({
          code: 'custom',
          message: 'must look like file:/some/folder or s3://bucket/prefix',
          input: text,
        })
        return z.NEVER
      })
      .optional(),
  ),
  // Checked where a bucket is used and not before: on many machines they stand there for something else.
  AWS_ACCESS_KEY_ID: defineVariable('', 'The key of the S3 bucket.', z.string().optional()),
  AWS_SECRET_ACCESS_KEY: defineVariable('', 'The secret of that key.', z.string().optional()),
  AWS_REGION: defineVariable(
    'us-east-1',
    'The region of the S3 bucket. Where it is unset, `AWS_DEFAULT_REGION` counts.',
    z.string().optional(),
  ),
  AWS_DEFAULT_REGION: defineVariable(
    'us-east-1',
    'The region of the S3 bucket where `AWS_REGION` is unset.',
    z.string().optional(),
  ),
  AWS_ENDPOINT_URL_S3: defineVariable(
    '(Amazon S3 of the region)',
    'Where the S3 of the bucket is. Where it is unset, `AWS_ENDPOINT_URL` counts.',
    z.string().optional(),
  ),
  AWS_ENDPOINT_URL: defineVariable(
    '(Amazon S3 of the region)',
    'Where the S3 of the bucket is where `AWS_ENDPOINT_URL_S3` is unset.',
    z.string().optional(),
  ),
  DARKROOM_MODELS: defineVariable(
    defaultModels,
    'Public model names and who draws them: alias=backend:model, separated by commas; * catches any name.',
    z
      .string()
      .optional()
      .transform((text, context): ModelTable => {
        const parsed = parseModelTable(text)
        if ('table' in parsed) return parsed.table
        context.issues.push({ code: 'custom', message: parsed.faults.join('; '), input: text })
        return z.NEVER
      }),
  ),
  OPENAI_API_KEY: defineVariable('', 'The key that the openai backend sends.', z.string().min(1).optional()),
  OPENAI_BASE_URL: defineVariable(
    'https://api.openai.com/v1',
    'Where the openai backend sends its requests.',
    httpUrl().transform((url) => url ?? 'https://api.openai.com/v1'),
  ),
  DARKROOM_PUBLIC_URL: defineVariable(
    '(relative URLs)',
    'The address that readers use; URLs in answers then begin with it.',
    httpUrl(),
  ),
  DARKROOM_TRUSTED_PROXIES: defineVariable(
    '',
    'Not supported: with access off forwarding headers are refused, with access on they are ignored, since nothing depends on the address of a caller.',
    z.undefined(
      'cannot be set: forwarding headers are refused while DARKROOM_AUTH is off, and ignored when it is on',
    ),
  ),
  DARKROOM_LIVE_WAIT_S: defineVariable(
    '60',
    'How long a prompt URL holds its connection before it answers 503 while the work goes on.',
    integer(1, 3600, 60),
  ),
  DARKROOM_EDGE_MB: defineVariable('256', 'Memory for pictures at the edge.', integer(1, 65_536, 256)),
  ...cdnVariables,
  DARKROOM_CORS_ORIGINS: defineVariable(
    '',
    'Origins, separated by commas, whose pages may call the API. Pictures can be shown anywhere.',
    listOfTexts().refine((origins) => origins.every(isOrigin), 'must list origins like https://shop.example'),
  ),
  DARKROOM_OUTBOUND_ALLOW: defineVariable(
    '',
    'Ranges (CIDR), addresses and hosts, separated by commas, that URLs of users may lead to although they are not public. For tests and private networks.',
    listOfTexts().refine(isAllowList, 'must list CIDR ranges, addresses or hosts, like 10.20.0.0/16,minio'),
  ),
  DARKROOM_UPLOAD_MB: defineVariable('32', 'The largest upload.', integer(1, 1024, 32)),
  DARKROOM_LOG_LEVEL: defineVariable(
    'info',
    'trace, debug, info, warn, error or silent.',
    z
      .enum(
        ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
        'must be trace, debug, info, warn, error or silent',
      )
      .optional()
      .transform((level) => level ?? 'info'),
  ),
  ...workVariables,
  ...predictionVariables,
  ...retentionVariables,
  ...serverVariables,
  ...scalingVariables,
  ...simulatedGpuVariables,
  ...backendVariables,
  ...accessVariables,
  ...otlpVariables,
} as const

/**
 * Parses the environment. An empty variable counts as unset, as in a compose file with `${X:-}`.
 * @throws ConfigError with all faults
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const fault = hostFault(environment)
  try {
    const config = configOf(parseVariables(variables, environment))
    if (fault === undefined) return config
  } catch (error) {
    if (fault === undefined || !(error instanceof ConfigError)) throw error
    throw new ConfigError([...error.faults, fault])
  }
  throw new ConfigError([fault])
}

/** Variables that look like ours and are not: probably misspelt. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  return unknownNames(variables, environment)
}

/** @throws ConfigError for a bucket whose key, region or endpoint is missing or wrong */
function storageOf(parsed: Parsed<typeof variables>): StorageConfig {
  const place = parsed.DARKROOM_STORAGE ?? {
    kind: 'file',
    directory: resolve(parsed.DARKROOM_DATA, 'objects'),
  }
  const result = storageConfigOf(place, parsed)
  if ('faults' in result) throw new ConfigError(result.faults)
  return result
}

function configOf(parsed: Parsed<typeof variables>): Config {
  const faults = modelFaults(parsed.DARKROOM_MODELS, parsed.COMFYUI_WORKFLOWS)
  if (faults.length > 0) throw new ConfigError(faults)
  return Object.freeze({
    port: parsed.PORT,
    host: parsed.HOST,
    dataDir: parsed.DARKROOM_DATA,
    databaseUrl: parsed.DATABASE_URL,
    storage: storageOf(parsed),
    models: parsed.DARKROOM_MODELS,
    openai: Object.freeze({ apiKey: parsed.OPENAI_API_KEY, baseUrl: parsed.OPENAI_BASE_URL }),
    simulatedGpu: parsed.DARKROOM_SIMULATED_GPU,
    modelServers: backendSettingsOf(parsed),
    imageModels: {},
    servers: serverSettingsOf(parsed),
    publicUrl: parsed.DARKROOM_PUBLIC_URL,
    liveWaitMs: parsed.DARKROOM_LIVE_WAIT_S * 1000,
    backendTimeoutMs: parsed.DARKROOM_BACKEND_TIMEOUT_S * 1000,
    workerConcurrency: parsed.DARKROOM_WORKER_CONCURRENCY,
    carouselConcurrency: parsed.DARKROOM_CAROUSEL_CONCURRENCY,
    outboundAllow: Object.freeze(parsed.DARKROOM_OUTBOUND_ALLOW),
    queueLimit: parsed.DARKROOM_QUEUE_LIMIT,
    prediction: predictionSettingsOf(parsed),
    drainMs: parsed.DARKROOM_DRAIN_S * 1000,
    edgeMaxBytes: parsed.DARKROOM_EDGE_MB * megabyte,
    cdn: cdnSettingsOf(parsed),
    corsOrigins: parsed.DARKROOM_CORS_ORIGINS,
    maxUploadBytes: parsed.DARKROOM_UPLOAD_MB * megabyte,
    webhookKeepMs: parsed.DARKROOM_WEBHOOK_KEEP_DAYS * 24 * 3_600_000,
    retention: Object.freeze({
      maxAgeDays: parsed.DARKROOM_RETENTION_DAYS,
      unusedDays: parsed.DARKROOM_RETENTION_UNUSED_DAYS,
    }),
    access: accessConfigOf(parsed),
    scaling: scalingSettingsOf(parsed),
    otlp: otlpConfigOf(parsed),
    logLevel: parsed.DARKROOM_LOG_LEVEL,
  })
}

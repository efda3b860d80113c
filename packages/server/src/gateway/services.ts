import type { Pages } from '@darkroom/dashboard'
import type { CdnTagField, Edge } from '@darkroom/edge'
import type { Logger } from 'pino'
import type { Access } from '../access/access.ts'
import type { Cdns } from '../cdn/cdns.ts'
import type { Carousels } from '../carousels/carousels.ts'
import type { Measuring } from '../latency/measuring.ts'
import type { Recorder } from '../latency/recorder.ts'
import type { Generations } from '../generation/generations.ts'
import type { ImageUse } from '../generation/image-use.ts'
import type { Images } from '../generation/images.ts'
import type { ScalingAnswer } from '../scaling/scaling-answer.ts'
import type { ScalingMinute } from '../scaling/scaling-records.ts'
import type { RetentionRule } from '../generation/retention-rules.ts'
import type { Overview } from '../overview/overview.ts'
import type { Objects } from '../storage/objects.ts'
import type { Variants } from '../storage/variants.ts'
import type { Catalogs } from '../prediction/catalogs/catalogs.ts'
import type { Predictions } from '../prediction/predictions.ts'
import type { UsageLog } from '../prediction/usage-log.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import type { Models } from './models.ts'
import type { Purges } from './purges.ts'

/** What readiness is made of: each check resolves, or rejects with the reason in words for an operator. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<void>>>

/** Everything the gateway's routes work with; composed once in `platform.ts`. */
export interface GatewayServices {
  generations: Generations
  carousels: Carousels
  images: Images
  objects: Objects
  variants: Variants
  models: Models
  edge: Edge
  /** The only way to purge: the edge alone would leave other processes behind. */
  purges: Purges
  cdns: Cdns
  /** How CDNs in front are told tags; `undefined`: there is none. */
  cdnTagFields: readonly CdnTagField[] | undefined
  webhooks: Webhooks
  /** Every request for a picture is noted here. */
  usage: UsageLog
  catalogs: Catalogs
  predictions: Predictions
  /** The sharing domain of a project. */
  domainOf: (project: string) => string
  /** Told of every picture that is handed out, hits included. */
  imageUse: Pick<ImageUse, 'note'>
  /** How long pictures are kept in scopes that say nothing else. */
  retention: RetentionRule
  access: Access
  /** How many workers are wanted: what one of all processes has decided last. */
  scaling: {
    floor: number
    /** @param historyMinutes at most a day */
    read(historyMinutes: number): Promise<{ answer: ScalingAnswer; history: ScalingMinute[] } | undefined>
  }
  /** Downloads a URL that somebody gave, through the guard. @throws OutboundError, the signal's reason */
  fetchUrl(url: string, domain: string, signal: AbortSignal): Promise<Uint8Array>
  overview: Overview
  /** The files of the dashboard. */
  pages: Pages
  /** Takes what each request took. */
  recorder: Recorder
  /** What all processes measured. */
  measuring: Measuring
  readiness: ReadinessChecks
  log: Logger
  now: () => number
  /** Prefix of URLs in answers; `undefined`: they are relative. */
  publicUrl: string | undefined
  corsOrigins: readonly string[]
  maxUploadBytes: number
  /** Public names and where their pictures come from, for `/v1/models`. */
  version: string
}

/** A URL as answers carry it. */
export function publicUrlOf(services: Pick<GatewayServices, 'publicUrl'>, path: string): string {
  return `${services.publicUrl ?? ''}${path}`
}

import { createBudget } from './access/budget.ts'
import { createSharingDomains } from './access/sharing-domains.ts'
import type { Closers } from './closers.ts'
import { pictureFormats } from '@darkroom/picture'
import { deliver } from './gateway/picture-origin.ts'
import { isStored } from './generation/generation-row.ts'
import { createVariants } from './storage/variants.ts'
import type { Models } from './gateway/models.ts'
import { foresee } from './generation/foresee.ts'
import { createLine } from './generation/line.ts'
import type { Foundation, PlatformOptions } from './platform.ts'
import type { Catalogs } from './prediction/catalogs/catalogs.ts'
import { createCatalogs } from './prediction/catalogs/catalogs.ts'
import type { Predictions } from './prediction/predictions.ts'
import { createPredictions } from './prediction/predictions.ts'
import { createPredictor } from './prediction/predictor.ts'
import type { Predictor } from './prediction/predictor.ts'
import type { UsageLog } from './prediction/usage-log.ts'
import { createUsageLog } from './prediction/usage-log.ts'

/** What a gateway has of prediction: the log that it writes, and what it shows. */
export interface PredictionRecords {
  usage: UsageLog
  catalogs: Catalogs
  predictions: Predictions
}

/** A look costs a few queries on indexes of what is open. */
const lookEveryMs = 1000

export function composePredictionRecords(
  { config, log, now = Date.now }: PlatformOptions,
  { database, secret }: Pick<Foundation, 'database'> & { secret: string },
  closers: Closers,
): PredictionRecords {
  const usage = createUsageLog({
    database,
    secret,
    keepDays: config.prediction.usageKeepDays,
    now,
    failed: (error) => log.warn({ err: error }, 'the log of picture requests could not be written'),
  })
  closers.add('the log of picture requests', () => usage.close())
  return {
    usage,
    catalogs: createCatalogs({ database, now }),
    predictions: createPredictions({ database, now }),
  }
}

/** Makes pictures ahead of demand, beside other processes that do: one looks at a time. */
export function startPredictor(
  { config, log, now = Date.now }: PlatformOptions,
  { database, queues, secret, objects, store }: Foundation & { secret: string },
  { models, records }: { models: Models; records: PredictionRecords },
  closers: Closers,
): Predictor {
  const accepting = {
    database,
    queue: queues.generations,
    secret,
    line: createLine({ table: 'generations', maxQueuedPerScope: config.queueLimit, now }),
    now,
    budget: createBudget({ defaults: config.access.scopeDefaults, now }),
  }
  const variants = createVariants({ objects, store })
  const predictor = createPredictor({
    database,
    predictions: records.predictions,
    catalogs: records.catalogs,
    foresee: (ask) => foresee(ask, accepting),
    maxQueued: config.prediction.maxQueued,
    resolveModel: (alias) => models.resolve(alias),
    domainOf: createSharingDomains(config.access.sharedDomains).domainOf,
    prepareDelivery: async (generationId, format) => {
      const row = await database
        .selectFrom('generations')
        .selectAll()
        .where('id', '=', generationId)
        .executeTakeFirst()
      const known = pictureFormats.find((each) => each === format)
      if (row === undefined || known === undefined || !isStored(row) || row.retired_at !== null) return
      const source = { widthPx: row.width_px, heightPx: row.height_px, format: row.format }
      await deliver(variants, row.object_hash, source, { format: known }, row.domain)
    },
    flushUsage: () => records.usage.flush(),
    seed: 1,
    log,
    now,
    intervalMs: lookEveryMs,
  })
  closers.add('the predictor', () => predictor.stop())
  return predictor
}

import { createPages } from '@darkroom/dashboard'
import { createEdge, createMemoryEdgeStore } from '@darkroom/edge'
import type { Access } from './access/access.ts'
import { createAccess } from './access/access.ts'
import { createBudget } from './access/budget.ts'
import { createServerSecret } from './access/server-secret.ts'
import type { CarouselParts } from './carousel-parts.ts'
import { createCarousels } from './carousels/carousels.ts'
import { tagFieldsOf } from './cdn/adapters.ts'
import { startCdns } from './cdn-parts.ts'
import type { Closers } from './closers.ts'
import { createNotifier } from './database/notifier.ts'
import { createGateway } from './gateway/gateway.ts'
import type { Gauge } from './latency/exposition.ts'
import type { Models } from './gateway/models.ts'
import { createModels } from './gateway/models.ts'
import { createPictureOrigin } from './gateway/picture-origin.ts'
import type { Purges } from './gateway/purges.ts'
import { createPurges } from './gateway/purges.ts'
import type { GatewayServices } from './gateway/services.ts'
import { createGenerations } from './generation/generations.ts'
import { createImages } from './generation/images.ts'
import { createLine } from './generation/line.ts'
import type { Foundation, Platform, PlatformOptions, Role } from './platform.ts'
import { composeHealth } from './health-parts.ts'
import type { ReadyWorker } from './readiness.ts'
import { composeMeasuring } from './measuring-parts.ts'
import { createOverview } from './overview/overview.ts'
import { readinessOf } from './readiness.ts'
import { readScaling } from './scaling/scaling-records.ts'
import { startScaling } from './scaling-parts.ts'
import { createVariants } from './storage/variants.ts'
import { version } from './version.ts'
import { notingGenerations } from './gateway/note-use.ts'
import type { Predictor } from './prediction/predictor.ts'
import { composePredictionRecords, startPredictor } from './prediction-parts.ts'
import { startRetention } from './retention-parts.ts'
import { startWebhooks } from './webhook-parts.ts'

type Served = Pick<Platform, 'fetch' | 'access'> & { predictor?: Predictor | undefined }

/** All routes, and what only who answers requests needs: waiting, the edge, keys, messages to webhooks. */
export async function composeGateway(
  options: PlatformOptions & { role: Role },
  foundation: Foundation & { carousels: CarouselParts },
  closers: Closers,
  worker: ReadyWorker | undefined,
): Promise<Served> {
  const { config, log, now = Date.now } = options
  const {
    database,
    objects,
    store,
    secret,
    measuring: { recorder },
  } = foundation
  const { ledger } = recorder
  if (secret === undefined) throw new Error('a gateway needs the secret of image ids')
  const variants = createVariants({ objects, store, ledger })
  const composed = composeRecords(options, { ...foundation, secret }, closers)
  const prediction = composePredictionRecords(options, { ...foundation, secret }, closers)
  const records = { ...composed, generations: notingGenerations(composed.generations, prediction.usage) }
  const images = createImages({ database, objects, variants, secret })
  const webhooks = await startWebhooks(options, foundation, closers)
  const models = modelsOf(options, foundation)
  const access = await composeAccess(options, foundation, closers)
  const { liveWaitMs, edgeMaxBytes } = config
  const { domainOf } = access.domains
  const edge = createEdge({
    origin: createPictureOrigin({
      generations: records.generations,
      images,
      variants,
      models,
      liveWaitMs,
      domainOf,
      recorder,
    }),
    store: createMemoryEdgeStore({ maxBytes: edgeMaxBytes }),
    now,
    ledger,
    // Written for CDNs by the routes, under names that are apart for each project.
    forwardSurrogateHeaders: config.cdn.tags,
  })
  closers.add('the edge', () => edge.close())
  const cdns = await startCdns(options, foundation, closers)
  const purges = await composePurges(options, foundation, { edge, cdns }, closers)
  startScaling(options, foundation, closers)
  const imageUse = startRetention(options, { ...foundation, variants, purges, access }, closers)
  const predictor =
    options.role === 'all'
      ? startPredictor(options, { ...foundation, secret }, { models, records: prediction }, closers)
      : undefined
  const measuring = composeMeasuring(
    options,
    foundation,
    () => [...edgeGauges(edge), ...cdns.gauges()],
    closers,
  )
  const fetch = createGateway({
    ...records,
    ...prediction,
    domainOf,
    images,
    objects,
    variants,
    models,
    edge,
    purges,
    cdns,
    cdnTagFields: tagFieldsOf(config.cdn),
    webhooks,
    imageUse,
    retention: config.retention,
    access,
    fetchUrl: async (url, domain, signal) =>
      (await foundation.carousels.outbound.fetch(url, { domain, signal })).value.bytes,
    readiness: readinessOf({ ...foundation, worker }),
    scaling: { floor: config.scaling.min, read: (minutes) => readScaling(database, minutes) },
    recorder,
    measuring,
    overview: overviewOf(foundation, measuring, now),
    pages: createPages(),
    log,
    now,
    publicUrl: config.publicUrl,
    corsOrigins: config.corsOrigins,
    maxUploadBytes: config.maxUploadBytes,
    version,
  })
  return { fetch, predictor, access: { mode: access.mode, apiKeys: (await access.keys.countUsable()).api } }
}

/** The present, whose traffic is what all processes measured. */
function overviewOf(
  { database }: Foundation,
  measuring: GatewayServices['measuring'],
  now: () => number,
): GatewayServices['overview'] {
  const unfiltered = { class: undefined, route: undefined, scope: undefined, model: undefined }
  return createOverview({
    database,
    now,
    traffic: async (window) => {
      const ask = { ...window, ...unfiltered, by: 'class', stage: 'total', points: 1 } as const
      const { groups } = await measuring.latency(ask)
      return groups.map(({ name, count, p50Ms, p95Ms, p99Ms }) => ({
        class: name,
        count,
        p50Ms,
        p95Ms,
        p99Ms,
      }))
    },
  })
}

/** The edge of this process, for the exposition. */
function edgeGauges(edge: GatewayServices['edge']): Gauge[] {
  const { objects, bytes, inFlight } = edge.stats()
  return [
    { name: 'darkroom_edge_entries', help: 'Answers that the edge keeps.', value: objects },
    { name: 'darkroom_edge_bytes', help: 'What they take.', value: bytes },
    { name: 'darkroom_edge_in_flight', help: 'Runs behind the edge under way.', value: inFlight },
  ]
}

/** A process that does nothing but foresee, and tells whether it lives. */
export function composePredictor(options: PlatformOptions, foundation: Foundation, closers: Closers): Served {
  const { secret } = foundation
  if (secret === undefined) throw new Error('a predictor needs the secret of image ids')
  const records = composePredictionRecords(options, { ...foundation, secret }, closers)
  const models = modelsOf(options, foundation)
  const predictor = startPredictor(options, { ...foundation, secret }, { models, records }, closers)
  return { ...composeHealth(options, foundation, undefined), predictor }
}

/** Requests and their records: accepted here, worked on wherever a worker is. */
function composeRecords(
  { config, now = Date.now }: PlatformOptions,
  {
    database,
    queues,
    secret,
    objects,
    carousels: { maker, outbound },
    measuring: { recorder },
  }: Foundation & { secret: string; carousels: CarouselParts },
  closers: Closers,
): Pick<GatewayServices, 'generations' | 'carousels'> {
  const maxQueuedPerScope = config.queueLimit
  const accepting = {
    database,
    queue: queues.generations,
    secret,
    line: createLine({ table: 'generations', maxQueuedPerScope, now }),
    now,
    budget: createBudget({ defaults: config.access.scopeDefaults, now }),
    ledger: recorder.ledger,
  }
  const generations = createGenerations(accepting)
  closers.add('the waiters', () => generations.close())
  const carousels = createCarousels({
    database,
    queue: queues.carousels,
    now,
    generations: accepting,
    line: createLine({ table: 'carousels', maxQueuedPerScope, now }),
    objects,
    maker,
    outbound,
  })
  closers.add('those who wait for carousels', () => carousels.close())
  return { generations, carousels }
}

function modelsOf({ config }: PlatformOptions, { backends }: Foundation): Models {
  return createModels({
    resolve: (name) => config.models.resolve(name),
    names: () => config.models.names(),
    rendererVersionOf: (backend, model) => backends.capabilitiesOf({ backend, model }).rendererVersion,
    editsOf: (backend, model) => backends.capabilitiesOf({ backend, model }).edits,
  })
}

async function composeAccess(
  { config, log, now = Date.now }: PlatformOptions,
  { database, pool, listener }: Foundation,
  closers: Closers,
): Promise<Access> {
  const channel = await createNotifier({ database, listener, channel: 'darkroom_access' })
  closers.add('the channel of access', () => channel.close())
  const access = createAccess({
    ...config.access,
    database,
    pool,
    channel,
    secret: createServerSecret({ fromEnvironment: config.access.secret, dataDir: config.dataDir, database }),
    corsOrigins: config.corsOrigins,
    log,
    now,
  })
  closers.add('the keys', () => access.close())
  if (access.mode === 'on') await access.ready()
  return access
}

async function composePurges(
  { log }: PlatformOptions,
  { database, listener }: Foundation,
  { edge, cdns }: Pick<GatewayServices, 'edge' | 'cdns'>,
  closers: Closers,
): Promise<Purges> {
  const channel = await createNotifier({ database, listener, channel: 'darkroom_purge' })
  closers.add('the channel of purges', () => channel.close())
  const purges = createPurges({ edge, channel, cdns, log })
  closers.add('the purges', () => purges.close())
  return purges
}

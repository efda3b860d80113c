import type { CarouselMaker } from '@darkroom/carousel'
import { createEdge, createMemoryEdgeStore } from '@darkroom/edge'
import type { OutboundOptions } from '@darkroom/outbound'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { createAccess } from './access/access.ts'
import { createBudget } from './access/budget.ts'
import { createServerSecret } from './access/server-secret.ts'
import type { BackendMakers, BackendTable } from './backends/backends.ts'
import { createBackends } from './backends/backends.ts'
import { backendMakers } from './backends/makers.ts'
import { createCarouselLeases } from './carousels/carousel-leases.ts'
import { createCarousels } from './carousels/carousels.ts'
import { composeCarousels } from './carousel-parts.ts'
import { Closers } from './closers.ts'
import type { Config } from './config.ts'
import type { ConnectionTarget } from './database/connection.ts'
import { openDatabase } from './database/database.ts'
import { imageIdSecret, registerWorker } from './database/deployment.ts'
import { startEmbeddedPostgres } from './database/embedded-postgres.ts'
import { createListener } from './database/listener.ts'
import { migrate } from './database/migrate.ts'
import { migrations } from './database/migrations.ts'
import { createNotifier } from './database/notifier.ts'
import { createSessionLock } from './database/session-lock.ts'
import { makeFolder } from './folder.ts'
import { createGateway } from './gateway/gateway.ts'
import { createModels } from './gateway/models.ts'
import { createPictureOrigin } from './gateway/picture-origin.ts'
import { createPurges } from './gateway/purges.ts'
import { createGenerations } from './generation/generations.ts'
import { createImages } from './generation/images.ts'
import { createLeases } from './generation/leases.ts'
import { createLine } from './generation/line.ts'
import { createPgBossQueues } from './queue/pg-boss-queue.ts'
import { createFileObjectStore } from './storage/file-object-store.ts'
import type { ObjectStore } from './storage/object-store.ts'
import { createObjects } from './storage/objects.ts'
import { createS3ObjectStore } from './storage/s3-object-store.ts'
import { createVariants } from './storage/variants.ts'
import { version } from './version.ts'
import { startCarouselWorker } from './worker/carousel-worker.ts'
import { readinessOf } from './readiness.ts'
import { startWebhooks } from './webhook-parts.ts'
import { startWorker } from './worker/worker.ts'

/** Everything of one process, composed and running; only the socket is missing. */
export interface Platform {
  /** The HTTP handler. */
  fetch(request: Request): Promise<Response>
  /** Where the database came from, for the start message. */
  readonly database: { embedded: boolean; adopted: boolean; readyMs: number }
  readonly models: readonly string[]
  /** Whether keys are asked for, and how many API keys there are that could be shown. */
  readonly access: { mode: 'off' | 'on'; apiKeys: number }
  /** Lets running work end within the drain time, hands back the rest, closes everything. */
  close(): Promise<void>
}

export interface PlatformOptions {
  config: Config
  log: Logger
  now?: () => number
  /** Other makers of backends than this release's, by name: for embedding, benchmarks and tests. */
  backendMakers?: Partial<BackendMakers>
  /** Another maker of slides around this release's: for embedding and tests. */
  carouselMaker?: (maker: CarouselMaker) => Pick<CarouselMaker, 'make' | 'warm'>
  /** How patient the door to other hosts is. */
  outboundTimeouts?: OutboundOptions['timeouts']
  /** How patient the sender of webhooks is. */
  webhookTimeouts?: OutboundOptions['timeouts']
}

/** How often dead workers are looked for: three queries on indexes of what runs and of the line's head. */
const sweepIntervalMs = 400

/**
 * The one composition root: news every part and hands it what it needs.
 * @throws ConfigError, DatabaseStartError
 */
export async function createPlatform(options: PlatformOptions): Promise<Platform> {
  const closers = new Closers(options.log)
  try {
    return await compose(options, closers)
  } catch (error) {
    await closers.close()
    throw error
  }
}

async function compose(options: PlatformOptions, closers: Closers): Promise<Platform> {
  const { config, log, now = Date.now } = options
  const table = config.models
  const backends = composeBackends(options, closers)
  const target = await connectionOf(config, log, closers)
  const {
    kysely: database,
    pool,
    close: closeDatabase,
  } = await openDatabase({
    connection: target.connection,
    log,
  })
  closers.add('the database pool', closeDatabase)
  await migrate(database, migrations)
  const secret = await imageIdSecret(database)

  const listener = await createListener({ connection: target.connection, log })
  closers.add('the listener', () => listener.close())
  const queues = await createPgBossQueues({ connection: target.connection, listener, log })
  closers.add('the queues', () => queues.close())
  const queue = queues.generations

  const store = await openStore(config, log)
  closers.add('the object store', () => store.close())
  const objects = createObjects({ store, maxCacheBytes: 64 * 1024 * 1024 })
  const variants = createVariants({ objects, store })

  const accepting = {
    database,
    queue,
    secret,
    line: createLine({ table: 'generations', maxQueuedPerScope: config.queueLimit, now }),
    now,
    budget: createBudget({ defaults: config.access.scopeDefaults, now }),
  }
  const generations = createGenerations(accepting)
  closers.add('the waiters', () => generations.close())
  const images = createImages({ database, objects, variants, secret })
  const { outbound, maker } = composeCarousels(options, closers)
  const carouselRecords = { database, queue: queues.carousels, now }
  const carousels = createCarousels({
    ...carouselRecords,
    generations: accepting,
    line: createLine({ table: 'carousels', maxQueuedPerScope: config.queueLimit, now }),
    objects,
    maker,
    outbound,
  })
  closers.add('those who wait for carousels', () => carousels.close())

  const sessionLock = await createSessionLock({
    connection: target.connection,
    log,
    id: await registerWorker(database),
  })
  closers.add('the session lock', () => sessionLock.close())
  const worker = await startWorker({
    leases: createLeases({ database, queue, now }),
    queue,
    objects,
    backends,
    lock: sessionLock,
    log,
    concurrency: config.workerConcurrency,
    backendTimeoutMs: config.backendTimeoutMs,
    drainMs: config.drainMs,
    sweepIntervalMs,
    now,
  })
  closers.add('the worker', () => worker.stop())
  const carouselWorker = await startCarouselWorker({
    leases: createCarouselLeases({ ...carouselRecords, secret }),
    queue: queues.carousels,
    maker,
    // A release's packages are one version, and their dependencies are pinned.
    rendererVersion: version,
    objects,
    lock: sessionLock,
    log,
    concurrency: config.carouselConcurrency,
    drainMs: config.drainMs,
    sweepIntervalMs,
    now,
  })
  closers.add('the worker of carousels', () => carouselWorker.stop())

  const webhooks = await startWebhooks(options, { database, listener, sessionLock }, closers)

  const models = createModels({
    resolve: (name) => table.resolve(name),
    names: () => table.names(),
    rendererVersionOf: (backend, model) => backends.capabilitiesOf({ backend, model }).rendererVersion,
  })
  const accessChannel = await createNotifier({ database, listener, channel: 'darkroom_access' })
  closers.add('the channel of access', () => accessChannel.close())
  const access = createAccess({
    ...config.access,
    database,
    pool,
    channel: accessChannel,
    secret: createServerSecret({ fromEnvironment: config.access.secret, dataDir: config.dataDir, database }),
    corsOrigins: config.corsOrigins,
    log,
    now,
  })
  closers.add('the keys', () => access.close())
  if (access.mode === 'on') await access.ready()
  const edge = createEdge({
    origin: createPictureOrigin({
      generations,
      images,
      variants,
      models,
      liveWaitMs: config.liveWaitMs,
      domainOf: access.domains.domainOf,
    }),
    store: createMemoryEdgeStore({ maxBytes: config.edgeMaxBytes }),
    now,
    forwardSurrogateHeaders: config.cdn,
  })
  closers.add('the edge', () => edge.close())
  const channel = await createNotifier({ database, listener, channel: 'darkroom_purge' })
  closers.add('the channel of purges', () => channel.close())
  const purges = createPurges({ edge, channel, log })
  closers.add('the purges', () => purges.close())
  const gateway = createGateway({
    generations,
    carousels,
    images,
    objects,
    variants,
    models,
    edge,
    purges,
    webhooks,
    access,
    readiness: readinessOf({ database, backends, table, checkStore: () => store.check() }),
    log,
    now,
    publicUrl: config.publicUrl,
    corsOrigins: config.corsOrigins,
    maxUploadBytes: config.maxUploadBytes,
    version,
  })
  return {
    fetch: gateway,
    database: target.facts,
    models: table.names(),
    access: { mode: access.mode, apiKeys: (await access.keys.countUsable()).api },
    close: () => closers.close(),
  }
}

function composeBackends({ config, backendMakers: others }: PlatformOptions, closers: Closers): BackendTable {
  const own = backendMakers({ openai: config.openai, timeoutMs: config.backendTimeoutMs })
  const backends = createBackends({ table: config.models, makers: { ...own, ...others } })
  closers.add('the backends', () => backends.close())
  return backends
}

async function connectionOf(
  config: Config,
  log: Logger,
  closers: Closers,
): Promise<{ connection: ConnectionTarget; facts: Platform['database'] }> {
  if (config.databaseUrl !== undefined) {
    return { connection: config.databaseUrl, facts: { embedded: false, adopted: false, readyMs: 0 } }
  }
  await makeFolder(config.dataDir)
  const embedded = await startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres'), log })
  closers.add('the embedded database', () => embedded.stop())
  return {
    connection: embedded.connection,
    facts: { embedded: true, adopted: embedded.adopted, readyMs: embedded.startedInMs },
  }
}

/**
 * A bucket that cannot be reached does not stop the start: what the edge and the database have is served, and
 * readiness says what is wrong. A folder that cannot be made does.
 */
async function openStore({ storage }: Config, log: Logger): Promise<ObjectStore> {
  if (storage.kind === 'file') {
    await makeFolder(storage.directory)
    return createFileObjectStore({ directory: storage.directory })
  }
  const store = createS3ObjectStore({ location: storage.location })
  await store.check().catch((error: unknown) => log.error({ err: error }, 'the object store is not ready'))
  return store
}

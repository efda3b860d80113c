import type { CarouselMaker } from '@darkroom/carousel'
import type { OutboundOptions } from '@darkroom/outbound'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { BackendMakers, BackendTable } from './backends/backends.ts'
import { createBackends } from './backends/backends.ts'
import { backendMakers } from './backends/makers.ts'
import type { CarouselParts } from './carousel-parts.ts'
import { Closers } from './closers.ts'
import type { Config } from './config.ts'
import type { ConnectionTarget } from './database/connection.ts'
import { openPatiently } from './database/open-patiently.ts'
import { imageIdSecret, readableSecret, registerWorker } from './database/deployment.ts'
import { startEmbeddedPostgres } from './database/embedded-postgres.ts'
import type { Listener } from './database/listener.ts'
import { createListener } from './database/listener.ts'
import { migrate } from './database/migrate.ts'
import { migrations } from './database/migrations.ts'
import type { Schema } from './database/schema.ts'
import type { SessionLock } from './database/session-lock.ts'
import { createSessionLock, gatewayLockName } from './database/session-lock.ts'
import { makeFolder } from './folder.ts'
import type { Recorder } from './latency/recorder.ts'
import type { MeasuringParts } from './measuring-parts.ts'
import { composeFlusher, composeMarkerChannel, composeMeasurements, composeOtlp } from './measuring-parts.ts'
import type { Predictor } from './prediction/predictor.ts'
import type { JobQueues } from './queue/job-queue.ts'
import { createPgBossQueues } from './queue/pg-boss-queue.ts'
import type { ReadyWorker } from './readiness.ts'
import { createFileObjectStore } from './storage/file-object-store.ts'
import type { ObjectStore } from './storage/object-store.ts'
import type { Objects } from './storage/objects.ts'
import { createObjects } from './storage/objects.ts'
import { createS3ObjectStore } from './storage/s3-object-store.ts'

/**
 * Which part a process runs. `gateway` answers requests and sends webhooks; `worker` makes pictures and slides, and
 * answers only whether it is well, and what it measured; `predictor` has pictures made before they are asked for;
 * `all` is all of them.
 */
export type Role = 'all' | 'gateway' | 'worker' | 'predictor'

/** Everything of one process, composed and running; only the socket is missing. */
export interface Platform {
  readonly role: Role
  /** The HTTP handler. */
  fetch(request: Request): Promise<Response>
  /** Where the database came from, for the start message. */
  readonly database: { embedded: boolean; adopted: boolean; readyMs: number }
  readonly models: readonly string[]
  /** Whether keys are asked for, and how many API keys there are that could be shown. */
  readonly access: { mode: 'off' | 'on'; apiKeys: number }
  /** Has the predictor of this process look now: for whoever sets the clock. It looks by itself every second. */
  predict(): Promise<void>
  /** Lets running work end within the drain time, hands back the rest, closes everything. */
  close(): Promise<void>
}

export interface PlatformOptions {
  /** Default `all`. */
  role?: Role
  config: Config
  log: Logger
  now?: () => number
  /**
   * Called when the workers of this process have ended their work for good, because a newer release has migrated the
   * database. A gateway goes on.
   */
  onRetired?: (migration: string) => void
  /** What durations are measured with, in milliseconds; default `performance.now`. For tests. */
  clock?: () => number
  /** Other makers of backends than this release's, by name: for embedding, benchmarks and tests. */
  backendMakers?: Partial<BackendMakers>
  /** Another maker of slides around this release's: for embedding and tests. */
  carouselMaker?: (maker: CarouselMaker) => Pick<CarouselMaker, 'make' | 'warm'>
  /** Another recorder of latency around this process's: for embedding and benchmarks. */
  recorder?: (recorder: Recorder) => Recorder
  /** How patient the door to other hosts is. */
  outboundTimeouts?: OutboundOptions['timeouts']
  /** Between two decisions on how many workers are wanted. Default 5 s. */
  scalingIntervalMs?: number
  /** How patient the sender of webhooks is. */
  webhookTimeouts?: OutboundOptions['timeouts']
}

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
  const { role = 'all', config } = options
  const foundation = await composeFoundation(options, closers)
  // Each role loads its own code: of a second that a start takes, half is loading. And the worker of a process that is
  // both comes first, since jobs of the dead may wait for it; of its code what pictures need comes before the rest.
  const works = role === 'all' || role === 'worker'
  const workers = works
    ? await (await import('./worker-parts.ts')).startWorkers(options, foundation, closers)
    : undefined
  // Loading stands in the way of what they have begun.
  await workers?.ready()
  const carousels = role === 'predictor' ? undefined : await loadCarousels(options, foundation, closers)
  if (workers !== undefined && carousels !== undefined) {
    const { startCarouselWorkers } = await import('./carousel-worker-parts.ts')
    await startCarouselWorkers(options, { ...foundation, carousels }, workers)
  }
  const { fetch, access, predictor } = await composeServed(
    { ...options, role },
    { ...foundation, carousels },
    closers,
    workers?.pictures,
  )
  return {
    role,
    fetch,
    database: foundation.facts,
    models: config.models.names(),
    access,
    predict: async () => await predictor?.tick(),
    close: () => closers.close(),
  }
}

async function loadCarousels(
  options: PlatformOptions,
  { measuring }: Foundation,
  closers: Closers,
): Promise<CarouselParts> {
  const { composeCarousels } = await import('./carousel-parts.ts')
  return composeCarousels(options, measuring.recorder.ledger, closers)
}

async function composeServed(
  options: PlatformOptions & { role: Role },
  { carousels, ...foundation }: Foundation & { carousels: CarouselParts | undefined },
  closers: Closers,
  worker: ReadyWorker | undefined,
): Promise<Pick<Platform, 'fetch' | 'access'> & { predictor?: Predictor | undefined }> {
  if (options.role === 'worker') {
    const { composeHealth } = await import('./health-parts.ts')
    return composeHealth(options, foundation, worker)
  }
  const { composeGateway, composePredictor } = await import('./gateway-parts.ts')
  if (carousels === undefined) return composePredictor(options, foundation, closers)
  return await composeGateway(options, { ...foundation, carousels }, closers, worker)
}

/** What every process stands on, whatever its role. */
export interface Foundation {
  readonly facts: Platform['database']
  readonly connection: ConnectionTarget
  readonly database: Kysely<Schema>
  readonly pool: Pool
  readonly listener: Listener
  readonly queues: JobQueues
  readonly sessionLock: SessionLock
  readonly store: ObjectStore
  readonly objects: Objects
  readonly backends: BackendTable
  readonly measuring: MeasuringParts
  readonly markerChannel: Awaited<ReturnType<typeof composeMarkerChannel>>
  /** Of image ids; `undefined` in a worker whose database role may not read it. */
  readonly secret: string | undefined
}

async function composeFoundation(options: PlatformOptions, closers: Closers): Promise<Foundation> {
  const { config, log } = options
  const backends = composeBackends(options, closers)
  const { connection, facts } = await connectionOf(config, log, closers)
  const { kysely: database, pool, close: closeDatabase } = await openPatiently({ connection, log })
  closers.add('the database pool', closeDatabase)
  await migrate(database, migrations)
  const listener = await createListener({ connection, log })
  closers.add('the listener', () => listener.close())
  const queues = await createPgBossQueues({ connection, listener, log })
  closers.add('the queues', () => queues.close())
  const store = await openStore(config, log)
  closers.add('the object store', () => store.close())
  const { recorder, measurements } = composeMeasurements(options)
  const id = await registerWorker(database)
  const sessionLock = await createSessionLock({
    connection,
    log,
    id,
    ...(options.role === 'gateway' ? { applicationName: gatewayLockName } : {}),
  })
  closers.add('the session lock', () => sessionLock.close())
  const flusher = composeFlusher(options, { database, measurements, process: id }, closers)
  await composeOtlp(options, { measurements, process: id }, closers)
  const measuring = { recorder, measurements, flusher }
  return {
    facts,
    connection,
    database,
    pool,
    listener,
    queues,
    sessionLock,
    store,
    objects: createObjects({ store, maxCacheBytes: 64 * 1024 * 1024, ledger: recorder.ledger }),
    backends,
    measuring,
    markerChannel: await composeMarkerChannel({ database, listener, measurements }, closers),
    secret: await (options.role === 'worker' ? readableSecret(database) : imageIdSecret(database)),
  }
}

function composeBackends({ config, backendMakers: others }: PlatformOptions, closers: Closers): BackendTable {
  const own = backendMakers({
    openai: config.openai,
    timeoutMs: config.backendTimeoutMs,
    simulatedGpu: config.simulatedGpu,
    servers: config.modelServers,
    imageModels: config.imageModels,
  })
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

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { pino } from 'pino'
import type { EmbeddedConnection } from '../../database/connection.ts'
import type { Database } from '../../database/database.ts'
import { openDatabase } from '../../database/database.ts'
import type { EmbeddedPostgres } from '../../database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../../database/embedded-postgres.ts'
import type { Listener } from '../../database/listener.ts'
import { createListener } from '../../database/listener.ts'
import { migrate } from '../../database/migrate.ts'
import { migrations } from '../../database/migrations.ts'
import type { Schema } from '../../database/schema.ts'
import { createDatabaseFolder, killServer } from '../../database/testing/owner-process.ts'
import type { JobQueue } from '../../queue/job-queue.ts'
import { createPgBossQueues } from '../../queue/pg-boss-queue.ts'
import type { PictureSpec } from '../../request/picture-spec.ts'
import { generationKey } from '../../request/picture-spec.ts'
import { createFileObjectStore } from '../../storage/file-object-store.ts'
import type { ObjectStore } from '../../storage/object-store.ts'
import type { Objects } from '../../storage/objects.ts'
import { createObjects } from '../../storage/objects.ts'
import type { Variants } from '../../storage/variants.ts'
import { createVariants } from '../../storage/variants.ts'
import { currentRow } from '../arm.ts'
import type { GenerationRow } from '../generation-row.ts'
import type { Generations } from '../generations.ts'
import { createGenerations } from '../generations.ts'
import type { Images } from '../images.ts'
import { createImages } from '../images.ts'
import type { StoreResult } from '../lease.ts'
import type { Leases } from '../leases.ts'
import { createLeases } from '../leases.ts'
import { createLine } from '../line.ts'
import type { Accepted, RequestAsk } from '../requests.ts'
import type { Settlements } from '../settlements.ts'
import { createSettlements } from '../settlements.ts'

export const testSecret = 'a secret of tests'

/** All that one process has of the record's side: connections, queue and services of its own. */
export interface TestNode {
  readonly database: Database
  readonly listener: Listener
  readonly queue: JobQueue
  readonly carouselQueue: JobQueue
  readonly generations: Generations
  readonly leases: Leases
  readonly settlements: Settlements
  readonly images: Images
  readonly objects: Objects
  readonly variants: Variants
  close(): Promise<void>
}

/** An embedded database, one folder of objects, and as many nodes on them as a test wants. */
export interface TestCluster {
  readonly server: EmbeddedPostgres
  readonly connection: EmbeddedConnection
  readonly log: Logger
  /** The clock of all nodes; a test sets it forward. */
  readonly clock: { now: number }
  openNode(): Promise<TestNode>
  /** Ends the sessions of that application name, as an administrator would. */
  endSessions(applicationName: string): Promise<void>
  /** Kills the server with -9; its owner starts it again. */
  killServer(): Promise<number>
  close(): Promise<void>
}

export async function startTestCluster(): Promise<TestCluster> {
  const folder = await createDatabaseFolder()
  const dataDir = join(folder.path, 'postgres')
  const server = await startEmbeddedPostgres({ dataDir })
  const log = pino({ level: 'silent' })
  const clock = { now: Date.now() }
  const { connection } = server
  const admin = await openDatabase({ connection, log, maxConnections: 1, applicationName: 'test' })
  await migrate(admin.kysely, migrations)
  const directory = join(folder.path, 'objects')
  await mkdir(directory)
  const nodes: TestNode[] = []
  return {
    server,
    connection,
    log,
    clock,
    openNode: async () => {
      const node = await openNode({ connection, log, clock, directory })
      nodes.push(node)
      return node
    },
    endSessions: async (applicationName) => {
      await admin.pool.query(
        'select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = $1',
        [applicationName],
      )
    },
    killServer: () => killServer(dataDir),
    close: async () => {
      for (const node of nodes) await node.close()
      await admin.close()
      await server.stop()
      await folder.remove()
    },
  }
}

async function openNode(options: {
  connection: EmbeddedConnection
  log: Logger
  clock: { now: number }
  directory: string
}): Promise<TestNode> {
  const { connection, log, clock } = options
  const now = (): number => clock.now
  const database = await openDatabase({ connection, log })
  const listener = await createListener({ connection, log })
  const queues = await createPgBossQueues({ connection, listener, log })
  const queue = queues.generations
  const store: ObjectStore = createFileObjectStore({ directory: options.directory })
  const objects = createObjects({ store, maxCacheBytes: 1024 * 1024 })
  const variants: Variants = createVariants({ objects, store })
  const context = {
    database: database.kysely,
    queue,
    secret: testSecret,
    now,
    line: createLine({ table: 'generations', maxQueuedPerScope: 10_000, now }),
    budget: noBudget,
  }
  const generations = createGenerations(context)
  const settlements = createSettlements(context)
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    generations.close()
    settlements.close()
    await store.close()
    await queues.close()
    await listener.close()
    await database.close()
  }
  return {
    database,
    listener,
    queue,
    carouselQueue: queues.carousels,
    generations,
    leases: createLeases(context),
    settlements,
    images: createImages({ ...context, objects, variants }),
    objects,
    variants,
    close: () => (closed ??= close()),
  }
}

/** What tests of the records' side start is paid for. */
/** Refuses nothing. */
export const noBudget: { charge: () => Promise<void> } = { charge: async (): Promise<void> => {} }

let specCount = 0

/** A spec that no other has, or variations of one by its prompt. */
export function newSpec(fields: Partial<PictureSpec> = {}): PictureSpec {
  specCount += 1
  return {
    domain: 'default',
    model: { alias: 'default', backend: 'openai', model: 'any', rendererVersion: '1' },
    prompt: `a harbour, number ${specCount}`,
    negative: undefined,
    style: undefined,
    widthPx: 256,
    heightPx: 192,
    seed: 0,
    ...fields,
  }
}

export function newAsk(pictures: readonly PictureSpec[], fields: Partial<RequestAsk> = {}): RequestAsk {
  return {
    project: 'default',
    scope: 'demo',
    source: 'native',
    prompt: pictures[0]?.prompt ?? '',
    model: 'default',
    tags: [],
    priority: 'demand',
    pictures,
    ...fields,
  }
}

/** Accepts a request and gives its records. */
export async function accept(
  node: TestNode,
  ask: RequestAsk,
): Promise<Extract<Accepted, { kind: 'accepted' }>['request']> {
  const accepted = await node.generations.accept(ask)
  if (accepted.kind !== 'accepted') throw new Error('the request was answered from an earlier one')
  return accepted.request
}

/** The record of a key as the database has it. */
export async function rowOf(node: TestNode, spec: PictureSpec): Promise<GenerationRow> {
  const row = await currentRow(node.database.kysely, generationKey(spec))
  if (row === undefined) throw new Error('there is no record of that key')
  return row
}

/** Every revision of a key. */
export async function revisionsOf(node: TestNode, spec: PictureSpec): Promise<GenerationRow[]> {
  return await node.database.kysely
    .selectFrom('generations')
    .selectAll()
    .where('key', '=', generationKey(spec))
    .orderBy('revision')
    .execute()
}

/** The states of all jobs that a record has or had, oldest first. */
export async function jobStatesOf(node: TestNode, row: Pick<GenerationRow, 'id'>): Promise<string[]> {
  const { rows } = await sql<{ state: string }>`
    select state from pgboss.job where data ->> 'recordId' = ${row.id} order by created_on
  `.execute(node.database.kysely)
  return rows.map(({ state }) => state)
}

/** The job that a record waits for, as the queue would hand it out. */
export function jobOf(row: GenerationRow): { jobId: string; recordId: string } {
  if (row.job_id === null) throw new Error('the record has no job')
  return { jobId: row.job_id, recordId: row.id }
}

/** What a worker stores: these bytes. */
export function resultOf(node: TestNode, text: string): StoreResult {
  const bytes = new TextEncoder().encode(text)
  return {
    objectHash: node.objects.hashOf(bytes),
    format: 'png',
    bytes: bytes.byteLength,
    warnings: [],
    timings: {},
    costUsd: undefined,
    putObject: async () => {
      await node.objects.put(bytes)
    },
  }
}

/** Leases a record and stores a picture for it, as a worker does. */
export async function finish(node: TestNode, spec: PictureSpec, text: string = spec.prompt): Promise<void> {
  const leased = await node.leases.take(jobOf(await rowOf(node, spec)), 1)
  if (leased === undefined || !(await leased.store(resultOf(node, text))))
    throw new Error('nothing was stored')
}

/** The events of a record as `seq type`, which must be in order. */
export async function eventsOf(node: TestNode, row: GenerationRow): Promise<string[]> {
  const events = await node.generations.events(row.id, 0)
  return events.map(({ seq, type }) => `${seq} ${type}`)
}

/** Resolves when that many sessions of the database wait for a lock. */
export async function untilBlocked(node: TestNode, count: number): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity
      where wait_event_type = 'Lock' and datname = current_database()
    `.execute(node.database.kysely)
    if ((rows[0]?.count ?? 0) >= count) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Holds a transaction of one's own open around `during`, and commits it then. */
export async function inTransaction<T>(
  node: TestNode,
  first: (transaction: Transaction<Schema>) => Promise<unknown>,
  during: () => Promise<T>,
): Promise<T> {
  return await node.database.kysely.transaction().execute(async (transaction) => {
    await first(transaction)
    return await during()
  })
}

import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { ConstructorOptions } from 'pg-boss'
import { fromKysely, PgBoss } from 'pg-boss'
import { startClaimLoop } from './claim-loop.ts'
import type { ConnectionTarget } from '../database/connection.ts'
import { poolOptions } from '../database/connection.ts'
import { PreparedClient } from '../database/prepared-client.ts'
import type { Listener } from '../database/listener.ts'
import type { Priority, Schema } from '../database/schema.ts'
import type { Announcement, JobQueue, JobQueues, Lease, Place, RecordJob } from './job-queue.ts'

/** The queues in pg-boss; the channel of each one's announcements is named after it. */
type QueueName = 'generation' | 'carousel'

/**
 * pg-boss takes the highest number first (int4): all demand, then all speculation, and of each its reruns first. A
 * line that has not been empty for a thousand million turns ends as first come, first served.
 */
const rerunPriority: Record<Priority, number> = { demand: 2_000_000_000, speculative: 1_000_000_000 }
const maxTurn = 999_999_998

function priorityNumber({ priority, turn = 0, rerun = false }: Place): number {
  const top = rerunPriority[priority]
  return rerun ? top : top - 1 - Math.min(turn, maxTurn)
}

export interface PgBossQueueOptions {
  connection: ConnectionTarget
  listener: Listener
  log: Logger
}

/** Starts the queues; their tables are created or migrated in the schema `pgboss`. */
export async function createPgBossQueues(options: PgBossQueueOptions): Promise<JobQueues> {
  const boss = new PgBoss({
    ...bossConnection(options.connection),
    max: 4,
    schedule: false,
    // A crashed worker's jobs are found by the sweeper; this is the net below it, for a network that died.
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    // How often finished jobs are deleted; the default is once a day, which at ten a second is a million rows.
    maintenanceIntervalSeconds: 600,
  })
  let closing = false
  boss.on('error', (error) => {
    // Its message alone: the error carries the whole client, secret key included. Who closes knows that it breaks.
    if (!closing) options.log.warn({ reason: String(error) }, 'queue error')
  })
  try {
    await boss.start()
    const generations = await openQueue(boss, 'generation', options)
    const carousels = await openQueue(boss, 'carousel', options)
    return {
      generations: generations.queue,
      carousels: carousels.queue,
      close: async () => {
        closing = true
        await generations.unlisten()
        await carousels.unlisten()
        await stopBoss(boss)
      },
    }
  } catch (error) {
    // Its timers and connections would keep a process alive that has failed to start.
    await stopBoss(boss)
    throw error
  }
}

async function stopBoss(boss: PgBoss): Promise<void> {
  await boss.stop({ graceful: false, close: true })
}

async function openQueue(
  boss: PgBoss,
  name: QueueName,
  { listener, log }: PgBossQueueOptions,
): Promise<{ queue: JobQueue; unlisten: () => Promise<void> }> {
  await createQueueOnce(boss, name)
  const channel = `darkroom_${name}`
  const listeners = new Set<(announcement: Announcement) => void>()
  const unlisten = await listener.listen(channel, (payload) => {
    const announcement = parseAnnouncement(payload)
    if (announcement === undefined) return
    for (const hear of listeners) hear(announcement)
  })
  const onWake = (wake: () => void): (() => void) => {
    const hear = ({ type }: Announcement): void => {
      if (type === 'queued') wake()
    }
    listeners.add(hear)
    const forget = listener.onReconnect(wake)
    return () => {
      listeners.delete(hear)
      forget()
    }
  }
  const queue: JobQueue = {
    enqueue: (job, options) => enqueue(boss, name, job, options),
    cancel: (jobId, { transaction }) =>
      boss.deleteJob(name, jobId, { db: fromKysely(transaction) }).then(() => {}),
    isOpen: (jobId) =>
      sql<boolean>`exists (select from pgboss.job where name = ${name} and id = ${jobId} and state < 'completed')`,
    isReady: (jobId, longerThanMs) =>
      sql<boolean>`exists (
        select from pgboss.job where name = ${name} and id = ${jobId} and state < 'active'
          and start_after < now() - ${longerThanMs} * interval '1 millisecond'
      )`,
    isHeld: (jobId, longerThanMs) =>
      sql<boolean>`exists (
        select from pgboss.job where name = ${name} and id = ${jobId} and state = 'active'
          and started_on < now() - ${longerThanMs} * interval '1 millisecond'
      )`,
    work: async (limits, handler) =>
      startClaimLoop({
        boss,
        queue: name,
        ...limits,
        demandPriority: rerunPriority.speculative + 1,
        handler,
        onWake,
        log,
      }),
    announcement: ({ recordId, seq, type }) =>
      sql`pg_notify(${channel}, concat_ws(' ', ${recordId}::text, ${seq}::text, ${type}::text))`,
    onAnnouncement: (hear) => {
      listeners.add(hear)
      return () => listeners.delete(hear)
    },
    onReconnect: (reread) => listener.onReconnect(reread),
    waiting: async () => (await boss.getQueueStats(name, { force: true }))[0]?.readyCount ?? 0,
  }
  return { queue, unlisten }
}

/**
 * pg-boss opens connections of its own; absent options must be absent for it, not `undefined`.
 *
 * What it writes by itself need not be on the disk when it goes on: that a job was taken, which is before that its record
 * was, and that one is waited for; and that a job is done, which its record says too. Jobs are added in our
 * transactions, on our connections.
 */
function bossConnection(target: ConnectionTarget): ConstructorOptions {
  const defined = Object.entries(poolOptions(target, 'darkroom queue')).filter(
    ([, value]) => value !== undefined,
  )
  const onConnect = (client: pg.ClientBase): Promise<unknown> => client.query('set synchronous_commit = off')
  // They are the pool's, to which pg-boss hands on all that it is given.
  const pool: object = { Client: PreparedClient, onConnect }
  return { ...Object.fromEntries(defined), ...pool }
}

/** `create_queue` of several processes at once may collide; the queue is there either way. */
async function createQueueOnce(boss: PgBoss, name: QueueName): Promise<void> {
  const found = await boss.getQueue(name)
  if (found !== null) {
    // Of an earlier release; who wakes up by it looks for jobs twice a second besides.
    if (found.notify === true) await boss.updateQueue(name, { notify: false })
    return
  }
  await boss.createQueue(name, {
    // Workers hear of jobs by the announcement of their records.
    notify: false,
    // Errors of a run are retried by the worker in the record's own transaction. These retries answer lost heartbeats
    // and a database that refused the worker's own statements: a delay, so that ten are not used up in one second.
    retryLimit: 10,
    retryDelay: 1,
    expireInSeconds: 4 * 3600,
    heartbeatSeconds: 15,
    retentionSeconds: 14 * 24 * 3600,
    deleteAfterSeconds: 3600,
  })
}

async function enqueue(
  boss: PgBoss,
  name: QueueName,
  { jobId, recordId }: Lease,
  options: Place & { transaction: Transaction<Schema>; delayS?: number },
): Promise<void> {
  const job: RecordJob = { recordId }
  const sent = await boss.send(name, job, {
    id: jobId,
    db: fromKysely(options.transaction),
    priority: priorityNumber(options),
    ...(options.route === undefined ? {} : { group: { id: options.route } }),
    ...(options.delayS === undefined ? {} : { startAfter: options.delayS }),
  })
  // An id that is taken would leave an accepted record that nobody works on.
  if (sent !== jobId) throw new Error('the queue took no job')
}

function parseAnnouncement(payload: string): Announcement | undefined {
  const [recordId, seq, type] = payload.split(' ')
  if (recordId === undefined || seq === undefined || type === undefined) return undefined
  return { recordId, seq: Number(seq), type }
}

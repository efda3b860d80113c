import type { OutboundOptions } from '@darkroom/outbound'
import { createOutbound } from '@darkroom/outbound'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Closers } from './closers.ts'
import type { Config } from './config.ts'
import { createLiveness } from './database/liveness.ts'
import type { Listener } from './database/listener.ts'
import type { Schema } from './database/schema.ts'
import type { SessionLock } from './database/session-lock.ts'
import { version } from './version.ts'
import { createDeliveries } from './webhooks/deliveries.ts'
import { webhookChannel } from './webhooks/outbox.ts'
import { createWebhookSecrets } from './webhooks/webhook-secrets.ts'
import type { Webhooks } from './webhooks/webhooks.ts'
import { createWebhooks } from './webhooks/webhooks.ts'
import { startWebhookWorker } from './worker/webhook-worker.ts'

/** Of one process; a receiver that hangs holds up at most its share. */
const webhookLimits = { all: 64, perOrigin: 4 }

/** The messages about work that has ended: their records, and this process's part in sending them. */
export async function startWebhooks(
  {
    config,
    log,
    now = Date.now,
    webhookTimeouts,
  }: {
    config: Config
    log: Logger
    now?: () => number
    webhookTimeouts?: OutboundOptions['timeouts']
  },
  parts: { database: Kysely<Schema>; listener: Listener; sessionLock: SessionLock },
  closers: Closers,
): Promise<Webhooks> {
  const { database, listener, sessionLock } = parts
  // A door of its own: messages neither wait for bases that are fetched nor hold them up.
  const outbound = createOutbound({
    allow: config.outboundAllow,
    maxConnectionsPerOrigin: webhookLimits.perOrigin,
    maxConnections: webhookLimits.all,
    timeouts: { headersMs: 20_000, totalMs: 25_000, ...webhookTimeouts },
    userAgent: `darkroom-webhooks/${version}`,
  })
  closers.add('the door of webhooks', () => outbound.close())
  const secrets = createWebhookSecrets({ database, now })
  const woken = new Set<() => void>()
  const wake = (): void => {
    for (const each of woken) each()
  }
  const unlisten = await listener.listen(webhookChannel, wake)
  const forget = listener.onReconnect(wake)
  closers.add('the channel of webhooks', async () => {
    forget()
    await unlisten()
  })
  const worker = await startWebhookWorker({
    deliveries: createDeliveries({
      database,
      workerId: sessionLock.id,
      keepMs: config.webhookKeepMs,
      now,
      random: Math.random,
    }),
    outbound,
    secretsOf: (project) => secrets.signing(project),
    publicUrl: config.publicUrl,
    limits: webhookLimits,
    onDue: (due) => {
      woken.add(due)
      return () => woken.delete(due)
    },
    pollMs: 1000,
    lock: sessionLock,
    liveness: createLiveness({ database, lock: sessionLock }),
    sweepIntervalMs: 1000,
    log,
    now,
  })
  closers.add('the worker of webhooks', () => worker.stop())
  return createWebhooks({ database, outbound, secrets, now })
}

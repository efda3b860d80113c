import { createOutbound } from '@darkroom/outbound'
import type { Closers } from './closers.ts'
import type { ConnectionTarget } from './database/connection.ts'
import { createSessionLock } from './database/session-lock.ts'
import type { Foundation, PlatformOptions } from './platform.ts'
import { createLocalWorkers } from './scaling/local-workers.ts'
import { startScalingController } from './scaling/scaling-controller.ts'
import { createScalingWebhook } from './scaling/scaling-webhook.ts'
import { version } from './version.ts'
import { createWebhookSecrets } from './webhooks/webhook-secrets.ts'

/** Class of the one lock of deciding ("drs" in ASCII), apart from those of workers. */
const decidingLock = 0x647273
const intervalMs = 5000

/** Decides how many workers are wanted, tells who asked to be told, and runs them here where a command says how. */
export function startScaling(
  { config, log, now = Date.now, scalingIntervalMs = intervalMs }: PlatformOptions,
  { database, connection }: Pick<Foundation, 'database'> & { connection: ConnectionTarget },
  closers: Closers,
): void {
  const { scaling: settings } = config
  const outbound =
    settings.webhook === undefined
      ? undefined
      : createOutbound({ allow: config.outboundAllow, userAgent: `darkroom-scaling/${version}` })
  if (outbound !== undefined) closers.add('the door of the webhook of scaling', () => outbound.close())
  const secrets = createWebhookSecrets({ database, now })
  const controller = startScalingController({
    database,
    settings,
    takeLock: () =>
      createSessionLock({
        connection,
        log,
        id: 1,
        namespace: decidingLock,
        applicationName: 'darkroom scaling lock',
      }),
    webhook:
      outbound === undefined || settings.webhook === undefined
        ? undefined
        : createScalingWebhook({
            url: settings.webhook,
            outbound,
            secrets: () => secrets.signing('default'),
            now,
            log,
          }),
    workers:
      settings.command === undefined
        ? undefined
        : createLocalWorkers({ command: settings.command, environment: process.env, now, log }),
    intervalMs: scalingIntervalMs,
    now,
    log,
  })
  closers.add('the scaling of workers', () => controller.close())
}

import { createLiveness } from './database/liveness.ts'
import type { Cdns } from './cdn/cdns.ts'
import { createCdns } from './cdn/cdns.ts'
import { cdnAdapters } from './cdn/adapters.ts'
import { createCdnCalls } from './cdn/cdn-calls.ts'
import { cdnChannel } from './cdn/cdn-orders.ts'
import type { CdnSender } from './cdn/cdn-sender.ts'
import { startCdnSender } from './cdn/cdn-sender.ts'
import type { Closers } from './closers.ts'
import type { Foundation, PlatformOptions } from './platform.ts'
import { startSweeper } from './worker/sweeper.ts'

/** How old figures of the exposition may be. */
const gaugeIntervalMs = 1000

/** The CDNs in front: what is ordered from them, and this process's part in telling them. */
export async function startCdns(
  { config, log, now = Date.now }: PlatformOptions,
  { database, listener, sessionLock }: Pick<Foundation, 'database' | 'listener' | 'sessionLock'>,
  closers: Closers,
): Promise<Cdns> {
  const adapters = cdnAdapters(config.cdn)
  const woken = new Set<() => void>()
  const wake = (): void => {
    for (const each of woken) each()
  }
  const cdns = createCdns({ database, adapters, now, changed: wake })
  if (adapters.length === 0) return cdns
  const calls = createCdnCalls({
    database,
    workerId: sessionLock.id,
    repeatMs: config.cdn.repeatMs,
    now,
    random: Math.random,
  })
  const unlisten = await listener.listen(cdnChannel, wake)
  const forget = listener.onReconnect(wake)
  closers.add('the channel of CDNs', async () => {
    forget()
    await unlisten()
  })
  const names = adapters.map(({ name }) => name)
  await calls.reviveUnauthorized(names)
  let sender: CdnSender | undefined
  const sweeper = await startSweeper({
    records: {
      name: 'calls of CDNs',
      holders: () => calls.holders(),
      recover: async (workerId) => {
        const count = await calls.recover(workerId)
        if (count > 0) wake()
        return count
      },
      cleanUp: () => calls.cleanUp(sender?.sending() ?? [], names),
    },
    lock: sessionLock,
    liveness: createLiveness({ database, lock: sessionLock }),
    sweepIntervalMs: 1000,
    log,
  })
  const started = startCdnSender({
    adapters,
    mayTake: () => sessionLock.held,
    calls,
    onDue: (due) => {
      woken.add(due)
      return () => woken.delete(due)
    },
    pollMs: 1000,
    log,
  })
  sender = started
  const look = setInterval(() => {
    cdns
      .refresh()
      .catch((error: unknown) => log.debug({ err: error }, 'what CDNs wait for could not be read'))
  }, gaugeIntervalMs)
  look.unref()
  closers.add('the caller of CDNs', async () => {
    clearInterval(look)
    sweeper.stop()
    await started.stop()
  })
  return cdns
}

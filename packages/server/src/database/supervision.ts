import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseLog } from './connection.ts'
import { isPostmaster } from './server-processes.ts'
import type { RunningServer } from './server-start.ts'

const adoptedPollMs = 200
const firstRestartDelayMs = 25
const maxRestartDelayMs = 10_000

export interface SupervisionOptions {
  readonly server: RunningServer
  readonly clusterName: string
  readonly log: DatabaseLog
  /** Aborted when the server is stopped on purpose. */
  readonly signal: AbortSignal
  /** Starts the server again, where its clients look for it. */
  restart(): Promise<RunningServer>
  /** Told of each new server. */
  restarted(server: RunningServer): void
}

/**
 * Starts the server again whenever it ends by itself (the kernel killed it for memory, somebody stopped it by hand),
 * until the signal. PostgreSQL restarts its own sessions after a crash of one of them; nobody else restarts it.
 */
export async function superviseServer(options: SupervisionOptions): Promise<void> {
  const { log, signal } = options
  let server = options.server
  let delayMs = firstRestartDelayMs
  while (await hasEnded(server, options)) {
    log.error({ pid: server.pid }, 'the embedded database ended by itself; starting it again')
    for (;;) {
      await sleep(delayMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      try {
        server = await options.restart()
        options.restarted(server)
        delayMs = firstRestartDelayMs
        break
      } catch (error) {
        if (signal.aborted) return
        delayMs = Math.min(delayMs * 2, maxRestartDelayMs)
        log.error({ err: error, delayMs }, 'the embedded database cannot be started again; trying later')
      }
    }
  }
}

/** @returns false when the signal came first */
async function hasEnded(
  server: RunningServer,
  { signal, clusterName }: SupervisionOptions,
): Promise<boolean> {
  const { child, pid } = server
  try {
    if (child === undefined) {
      while (await isPostmaster(pid, clusterName))
        await sleep(adoptedPollMs, undefined, { signal, ref: false })
    } else if (child.exitCode === null && child.signalCode === null) {
      await once(child, 'exit', { signal })
    }
    return !signal.aborted
  } catch {
    return false
  }
}

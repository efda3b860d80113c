import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { hostname } from 'node:os'
import { delimiter, dirname } from 'node:path'
import type { Logger } from 'pino'

/** Workers that run on this machine as children of this process. */
export interface LocalWorkers {
  /**
   * Starts what is missing; lets surplus ones end. Workers that others have started count too.
   * @param living names (`host:pid`) of all workers, and of those that make what somebody asked for
   */
  scale(desired: number, living: LivingWorkers): void
  /** Children that run and are not draining. */
  readonly running: number
  /** Lets all of them end what they run. Idempotent. */
  close(): Promise<void>
}

export interface LivingWorkers {
  names: ReadonlySet<string>
  busyNames: ReadonlySet<string>
}

interface Child {
  process: ChildProcess
  startedAtMs: number
  draining: boolean
}

/** A command that fails at once is not started again and again. */
const restMs = 5000

/**
 * A surplus worker is sent SIGTERM, the youngest idle one first, and none that is at work: it takes no more jobs, ends
 * what it took meanwhile, and goes by itself. Nothing here kills.
 */
export function createLocalWorkers(options: {
  command: readonly string[]
  environment: NodeJS.ProcessEnv
  now: () => number
  log: Logger
}): LocalWorkers {
  const { now, log } = options
  const [program = '', ...args] = options.command
  const children = new Set<Child>()
  let failedAtMs = -Infinity
  let closed = false

  function start(): void {
    const child: Child = {
      process: spawn(program, args, {
        // By the channel a worker notices that this process was killed, and ends what it runs (`bin/darkroom.js`).
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        // A port of its own, and time enough for any picture to be ended.
        env: {
          DARKROOM_DRAIN_S: '600',
          ...options.environment,
          PORT: '0',
          // This very Node: with another one `darkroom` starts a second process, whose number we would not know.
          PATH: [dirname(process.execPath), options.environment['PATH'] ?? ''].join(delimiter),
        },
      }),
      startedAtMs: now(),
      draining: false,
    }
    children.add(child)
    log.info({ pid: child.process.pid }, 'a worker was started on this machine')
    let ended = false
    const end = (reason: object): void => {
      if (ended) return
      ended = true
      children.delete(child)
      if (child.draining) return log.info({ pid: child.process.pid }, 'a worker of this machine has ended')
      failedAtMs = now()
      log.error({ pid: child.process.pid, ...reason }, 'a worker of this machine ended by itself')
    }
    child.process.once('error', (err) => end({ err }))
    child.process.once('exit', (code, signal) => end({ code, signal }))
  }
  function drain(child: Child): void {
    child.draining = true
    child.process.kill('SIGTERM')
  }
  const staying = (): Child[] => [...children].filter(({ draining }) => !draining)
  return {
    scale: (desired, { names, busyNames }) => {
      if (closed) return
      const here = staying()
      const own = new Set([...children].map(nameOf))
      const others = [...names].filter((name) => !own.has(name)).length
      const wanted = Math.max(0, desired - others)
      if (here.length < wanted && now() - failedAtMs >= restMs) {
        for (let missing = wanted - here.length; missing > 0; missing -= 1) start()
      }
      const idle = here
        .filter((child) => !busyNames.has(nameOf(child)))
        .toSorted((a, b) => b.startedAtMs - a.startedAtMs)
      for (const child of idle.slice(0, Math.max(0, here.length - wanted))) drain(child)
    },
    get running() {
      return staying().length
    },
    close: async () => {
      closed = true
      const ends = [...children].map(async ({ process: child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        await new Promise((resolve) => {
          child.once('exit', resolve)
          child.once('error', resolve)
        })
      })
      for (const child of staying()) drain(child)
      await Promise.all(ends)
    },
  }
}

/** As the worker's own row names it. */
function nameOf(child: Child): string {
  return `${hostname()}:${child.process.pid}`
}

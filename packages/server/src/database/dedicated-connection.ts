import { Socket } from 'node:net'
import pg from 'pg'
import type { ConnectionTarget, DatabaseLog } from './connection.ts'
import { poolOptions } from './connection.ts'
import { pauseUntilDatabaseIsBack, tellDatabaseIsBack } from './return-signal.ts'

const connectTimeoutMs = 10_000
const firstRetryDelayMs = 20
/** Whoever waits longer for its lock may be taken for dead (`liveness.ts`). */
const maxRetryDelayMs = 250
/** A server that does not answer a goodbye is left without one. */
const goodbyeTimeoutMs = 2000

const closedMessage = 'the database connection was closed'

export interface DedicatedConnectionOptions {
  readonly connection: ConnectionTarget
  readonly applicationName: string
  readonly log: DatabaseLog
  /**
   * Prepares each new session, before anybody gets it. When it rejects, the session is closed and another is tried.
   * @param first whether this is the first session
   */
  prepare(client: pg.Client, first: boolean): Promise<void>
  /** Called once the session of a `prepare` that succeeded is gone, unless it was closed on purpose. */
  lost?(): void
  /** Called when a session has taken the place of a lost one. */
  restored?(): void
  /** How often a silent connection is asked whether it lives; it is given up when it does not answer as long. */
  readonly heartbeatMs?: number
}

/** One session that lasts: made anew whenever it breaks. For what belongs to a session: LISTEN, advisory locks. */
export interface DedicatedConnection {
  /** The session at present; `undefined` between two. */
  readonly client: pg.Client | undefined
  /**
   * Waits for a session.
   * @param other a session that has just failed: another one is waited for, even where its end is not known yet
   * @throws Error when closed
   */
  ready(other?: pg.Client): Promise<pg.Client>
  /** Idempotent. */
  close(): Promise<void>
}

/** @throws Error when the first session cannot be had: a wrong address should be told at once */
export async function openDedicatedConnection(
  options: DedicatedConnectionOptions,
): Promise<DedicatedConnection> {
  const closing = new AbortController()
  const session = new LastingSession(options, closing.signal)
  await session.connect(true)
  const kept = session.keep()
  return {
    get client() {
      return session.client
    },
    ready: (other) => session.ready(other),
    close: async () => {
      closing.abort()
      await session.end()
      await kept
    },
  }
}

class LastingSession {
  client: pg.Client | undefined
  readonly #options: DedicatedConnectionOptions
  readonly #closing: AbortSignal
  #socket: Socket | undefined
  #ended: Promise<void> = Promise.resolve()
  #waiters: PromiseWithResolvers<pg.Client> = waiters()

  constructor(options: DedicatedConnectionOptions, closing: AbortSignal) {
    this.#options = options
    this.#closing = closing
  }

  ready(other?: pg.Client): Promise<pg.Client> {
    if (this.#closing.aborted) return Promise.reject(new Error(closedMessage))
    if (this.client === undefined || this.client === other) return this.#waiters.promise
    return Promise.resolve(this.client)
  }

  async connect(first: boolean): Promise<void> {
    // Our own socket, because there is no other way to give up a connection whose other side has gone silent.
    const socket = new Socket()
    const client = new pg.Client({
      ...poolOptions(this.#options.connection, this.#options.applicationName),
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: connectTimeoutMs,
      stream: () => socket,
    })
    // Without this listener a broken connection ends the process; `end` is told in any case.
    client.on('error', () => {})
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    const giveUp = (): void => void socket.destroy()
    this.#closing.addEventListener('abort', giveUp)
    try {
      await client.connect()
      await this.#options.prepare(client, first)
      this.#closing.throwIfAborted()
    } catch (error) {
      socket.destroy()
      throw error
    } finally {
      this.#closing.removeEventListener('abort', giveUp)
    }
    const heartbeat = startHeartbeat(client, socket, this.#options.heartbeatMs ?? 15_000)
    this.#ended = ended.finally(() => clearInterval(heartbeat))
    this.#socket = socket
    this.client = client
    this.#waiters.resolve(client)
    this.#waiters = waiters()
  }

  async keep(): Promise<void> {
    while (!this.#closing.aborted) {
      await this.#ended
      this.client = undefined
      if (this.#closing.aborted) break
      this.#options.log.warn({ connection: this.#options.applicationName }, 'a database connection broke')
      this.#options.lost?.()
      if (await this.#reconnect()) this.#options.restored?.()
    }
    this.#waiters.reject(new Error(closedMessage))
  }

  async #reconnect(): Promise<boolean> {
    for (
      let delayMs = firstRetryDelayMs;
      !this.#closing.aborted;
      delayMs = Math.min(delayMs * 2, maxRetryDelayMs)
    ) {
      try {
        await this.connect(false)
        tellDatabaseIsBack()
        return true
      } catch (error) {
        if (this.#closing.aborted) return false
        this.#options.log.warn(
          { reason: String(error), delayMs },
          'the database cannot be reached; trying again',
        )
        await pauseUntilDatabaseIsBack(delayMs, this.#closing)
      }
    }
    return false
  }

  async end(): Promise<void> {
    const timer = setTimeout(() => this.#socket?.destroy(), goodbyeTimeoutMs)
    await this.client?.end().catch(() => {})
    clearTimeout(timer)
  }
}

function waiters(): PromiseWithResolvers<pg.Client> {
  const made = Promise.withResolvers<pg.Client>()
  // Nobody may be waiting when it is rejected.
  made.promise.catch(() => {})
  return made
}

function startHeartbeat(client: pg.Client, socket: Socket, intervalMs: number): NodeJS.Timeout {
  let unanswered = false
  const timer = setInterval(() => {
    if (unanswered) {
      socket.destroy()
      return
    }
    unanswered = true
    client.query('select 1').then(
      () => {
        unanswered = false
      },
      () => {},
    )
  }, intervalMs)
  return timer.unref()
}

import pg from 'pg'
import type { ConnectionTarget, DatabaseLog } from './connection.ts'
import { openDedicatedConnection } from './dedicated-connection.ts'

/** Receives NOTIFY on one connection of its own, for all channels of the process. */
export interface Listener {
  /**
   * Calls `receive` for every notification from the moment the promise resolves: what was committed before must be
   * read from the tables then, once. While the database is away it waits.
   * @returns stops it; resolves when it has stopped
   * @throws Error when the listener is closed
   */
  listen(channel: string, receive: (payload: string) => void): Promise<() => Promise<void>>
  /**
   * Tells that notifications may have been missed while the connection was away, and that it listens again: whoever
   * waits reads the tables again now.
   * @returns stops it
   */
  onReconnect(callback: () => void): () => void
  /** Idempotent. */
  close(): Promise<void>
}

export interface ListenerOptions {
  readonly connection: ConnectionTarget
  readonly log: DatabaseLog
  readonly applicationName?: string
}

/** @throws Error when the database cannot be reached at first; later it reconnects by itself */
export async function createListener(options: ListenerOptions): Promise<Listener> {
  const { log } = options
  const receivers = new Map<string, Set<(payload: string) => void>>()
  const reconnected = new Set<() => void>()
  /** Channels that the present session listens to. */
  const active = new Set<string>()

  function deliver({ channel, payload }: pg.Notification): void {
    for (const receive of receivers.get(channel) ?? []) guarded(() => receive(payload ?? ''), log)
  }
  const connection = await openDedicatedConnection({
    connection: options.connection,
    applicationName: options.applicationName ?? 'darkroom listener',
    log,
    prepare: async (client) => {
      active.clear()
      client.on('notification', deliver)
      // Before LISTEN, so that a receiver that comes meanwhile is either in the loop or asks by itself.
      for (const channel of receivers.keys()) {
        await client.query(`listen ${client.escapeIdentifier(channel)}`)
        active.add(channel)
      }
    },
    lost: () => active.clear(),
    restored: () => {
      for (const callback of reconnected) guarded(callback, log)
    },
  })

  return {
    listen: async (channel, receive) => {
      // Wrapped, so that the same function given twice is called twice and each stop ends one.
      const entry = (payload: string): void => receive(payload)
      const entries = receivers.get(channel) ?? new Set()
      receivers.set(channel, entries.add(entry))
      const remove = (): Promise<void> => removeReceiver(channel, entry)
      try {
        await activate(channel)
      } catch (error) {
        await remove()
        throw error
      }
      return remove
    },
    onReconnect: (callback) => {
      reconnected.add(callback)
      return () => void reconnected.delete(callback)
    },
    close: () => connection.close(),
  }

  async function activate(channel: string): Promise<void> {
    let failed: pg.Client | undefined
    for (;;) {
      const client = await connection.ready(failed)
      if (active.has(channel)) return
      try {
        await client.query(`listen ${client.escapeIdentifier(channel)}`)
        if (connection.client === client) active.add(channel)
        return
      } catch (error) {
        if (isStatementError(error)) throw error
        // The session broke. The next one listens to what has a receiver, and so is active when it comes.
        failed = client
      }
    }
  }

  async function removeReceiver(channel: string, entry: (payload: string) => void): Promise<void> {
    const entries = receivers.get(channel)
    if (entries === undefined || !entries.delete(entry) || entries.size > 0) return
    receivers.delete(channel)
    // First the books: a `listen` that comes now sends its LISTEN after our UNLISTEN.
    active.delete(channel)
    const { client } = connection
    await client?.query(`unlisten ${client.escapeIdentifier(channel)}`).catch(() => {})
  }
}

/** The statement is at fault, not the connection: neither class 08 nor a server that is going down (57P01 to 57P05). */
function isStatementError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !/^(08|57P0)/.test(error.code ?? '08')
}

function guarded(callback: () => void, log: DatabaseLog): void {
  try {
    callback()
  } catch (error) {
    // One receiver's fault is not the others'.
    log.error({ err: error }, 'a receiver of database notifications failed')
  }
}

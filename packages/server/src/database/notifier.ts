import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Listener } from './listener.ts'
import type { Schema } from './schema.ts'

/** One NOTIFY channel that processes of a deployment tell each other things on. */
export interface Notifier {
  /** Tells all processes, this one included, of all payloads or of none. Each has less than 8,000 bytes. */
  notify(payloads: readonly string[]): Promise<void>
  onNotification(receive: (payload: string) => void): () => void
  /** Called when notifications may have been missed. */
  onReconnect(callback: () => void): () => void
  close(): Promise<void>
}

/** Hears from the moment the promise resolves. */
export async function createNotifier(options: {
  database: Kysely<Schema>
  listener: Listener
  channel: string
}): Promise<Notifier> {
  const { database, listener, channel } = options
  const receivers = new Set<(payload: string) => void>()
  const unlisten = await listener.listen(channel, (payload) => {
    for (const receive of receivers) receive(payload)
  })
  return {
    notify: async (payloads) => {
      if (payloads.length === 0) return
      await sql`select pg_notify(${channel}, payload) from unnest(${[...payloads]}::text[]) as payload`.execute(
        database,
      )
    },
    onNotification: (receive) => {
      receivers.add(receive)
      return () => receivers.delete(receive)
    },
    onReconnect: (callback) => listener.onReconnect(callback),
    close: unlisten,
  }
}

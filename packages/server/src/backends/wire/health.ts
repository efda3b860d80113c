import type { BackendHealth } from '../backend.ts'
import type { Connection } from './connection.ts'
import type { Deadline } from './deadline.ts'
import { networkError } from './network-error.ts'

const maxHealthBytes = 8 * 1024 * 1024

/**
 * Ready when a route answers with JSON. Never rejects.
 * @param read what the JSON says of the server; by default that it is ready
 */
export async function healthOf(
  connection: Connection,
  deadline: Deadline,
  path: string,
  read: (body: unknown) => BackendHealth = () => ({ state: 'ready' }),
): Promise<BackendHealth> {
  try {
    if (connection.fault !== undefined) throw connection.fault
    deadline.signal.throwIfAborted()
    const response = await connection.send(path, { method: 'GET', signal: deadline.signal })
    if (response.status === 503) {
      await response.body?.cancel()
      return { state: 'starting' }
    }
    return read(await connection.json(response, maxHealthBytes))
  } catch (error) {
    const fault = networkError(deadline.explain(error), connection)
    return { state: 'failed', reason: fault instanceof Error ? fault.message : 'The check was aborted.' }
  } finally {
    deadline.end()
  }
}

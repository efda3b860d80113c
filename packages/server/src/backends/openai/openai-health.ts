import type { BackendHealth } from '../backend.ts'
import { BackendError } from '../backend.ts'
import type { Connection } from '../wire/connection.ts'
import type { Deadline } from '../wire/deadline.ts'
import { networkError } from '../wire/network-error.ts'

/**
 * Asks `GET /models`, which costs nothing and needs the key. A server without that route answers 404 and is taken
 * for ready; one that answers a web page is not OpenAI's API.
 * @throws BackendError when the server must be called failed; the caller's reason when aborted
 */
export async function probe(connection: Connection, deadline: Deadline): Promise<BackendHealth> {
  if (connection.fault !== undefined) throw connection.fault
  try {
    deadline.signal.throwIfAborted()
    const response = await connection.send('/models', { method: 'GET', signal: deadline.signal })
    if (response.status === 404 || response.status === 405) return await discard(response, 'ready')
    if (response.status === 503) return await discard(response, 'starting')
    if (response.status === 429) return await discard(response, 'busy')
    if (!response.ok) throw await connection.errorOf(response)
    if (!/\bjson\b/iu.test(response.headers.get('content-type') ?? '')) {
      await response.body?.cancel()
      const message = `The server does not answer like OpenAI’s API: check ${connection.names.url}.`
      throw new BackendError('backend_bad_answer', message, { retry: 'never' })
    }
    return await discard(response, 'ready')
  } catch (error) {
    throw networkError(deadline.explain(error), connection)
  } finally {
    deadline.end()
  }
}

async function discard(response: Response, state: 'ready' | 'starting' | 'busy'): Promise<BackendHealth> {
  await response.body?.cancel()
  return { state }
}

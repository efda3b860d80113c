import { ask } from './call.ts'

/** One server-sent event. */
export interface ServerEvent {
  id: string
  type: string
  data: Record<string, unknown>
}

/**
 * Server-sent events (WHATWG HTML §9.2) until the server ends the stream. By `fetch` and not by `EventSource`,
 * which cannot send a key.
 * @throws ApiError when the stream breaks or is refused; DOMException when `signal` aborts
 */
export async function* events(
  path: string,
  signal: AbortSignal,
  lastId: string = '',
): AsyncGenerator<ServerEvent> {
  const headers: Record<string, string> = { accept: 'text/event-stream' }
  if (lastId !== '') headers['last-event-id'] = lastId
  const answer = await ask(path, { headers, signal })
  if (answer.body === null) return
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      text += value
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = eventOf(block)
        if (event !== undefined) yield event
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** `undefined` for comments, and for what is no JSON object. */
function eventOf(block: string): ServerEvent | undefined {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /u, ''))
  }
  const data = fields.get('data')
  if (data === undefined) return undefined
  try {
    return {
      id: fields.get('id') ?? '',
      type: fields.get('event') ?? 'message',
      data: JSON.parse(data) as Record<string, unknown>,
    }
  } catch {
    return undefined
  }
}

/**
 * The events of one piece of work until it has settled: a stream that breaks is taken up again where it was.
 * @throws ApiError when it broke ten times; DOMException when `signal` aborts
 */
export async function* eventsToTheEnd(
  path: string,
  signal: AbortSignal,
  isLast: (event: ServerEvent) => boolean,
): AsyncGenerator<ServerEvent> {
  let lastId = ''
  let failure: unknown
  for (let round = 0; round < 10; round += 1) {
    try {
      for await (const event of events(path, signal, lastId)) {
        lastId = event.id
        round = 0
        yield event
        if (isLast(event)) return
      }
      // The server ended it: there is nothing to come.
      return
    } catch (error) {
      if (signal.aborted) throw error
      failure = error
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** Math.min(round, 5)))
    }
  }
  throw failure
}

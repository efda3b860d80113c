/** One event of `text/event-stream`. */
export interface ServerSentEvent {
  event: string
  data: string
}

/**
 * Parses server-sent events (WHATWG HTML §9.2.6). An event that the stream ends in the middle of is dropped, as the
 * standard says: half a picture is none. Lines may be megabytes: each chunk is scanned once.
 */
export async function* serverSentEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let event = ''
  let data: string[] = []
  for await (const line of linesOf(chunks)) {
    if (line === '') {
      if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') }
      event = ''
      data = []
      continue
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
  }
}

/** Lines end in CR LF, LF or CR, and the two of a CR LF may come in different chunks. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let begun: string[] = []
  let afterReturn = false
  for await (const chunk of chunks) {
    let text = decoder.decode(chunk, { stream: true })
    if (afterReturn && text.startsWith('\n')) text = text.slice(1)
    else if (text === '') continue
    afterReturn = text.endsWith('\r')
    const lines = text.split(/\r\n|\n|\r/u)
    const last = lines.pop() ?? ''
    for (const line of lines) {
      yield begun.join('') + line
      begun = []
    }
    begun.push(last)
  }
}

import type { ServerResponse } from 'node:http'
import { sourceOf } from '../body/response-source.ts'
import type { SharedBody } from '../body/shared-body.ts'
import type { HeaderList } from '../headers/header-list.ts'

/** Names and values in turn, as node:http takes them; `Set-Cookie` lines stay apart. */
export function flatFields(headers: Iterable<readonly [name: string, value: string]> | HeaderList): string[] {
  const flat: string[] = []
  for (const [name, value] of headers) flat.push(name, value)
  return flat
}

/**
 * Writes an answer at the pace of its reader. A body that breaks off breaks the connection off too: ended in
 * order, the reader would take a part for the whole.
 */
export async function writeResponse(response: Response, target: ServerResponse): Promise<void> {
  const { status, statusText, headers, body } = response
  if (statusText === '') target.writeHead(status, flatFields(headers))
  else target.writeHead(status, statusText, flatFields(headers))
  if (body === null) {
    target.end()
    return
  }
  const source = sourceOf(response)
  if (source instanceof Uint8Array) {
    target.end(source)
    return
  }
  const closed = new Promise<'closed'>((resolve) => target.once('close', () => resolve('closed')))
  if (source === undefined) await writeStream(body, target, closed)
  else await writeShared(source, target, closed)
}

/** A body that others read too, and that arrives whether or not this one does. */
async function writeShared(
  source: SharedBody,
  target: ServerResponse,
  closed: Promise<'closed'>,
): Promise<void> {
  try {
    for await (const part of source.parts()) {
      if (target.destroyed) return
      if (!target.write(part)) await Promise.race([drained(target), closed])
    }
    target.end()
  } catch {
    target.destroy()
  }
}

async function writeStream(
  body: ReadableStream<Uint8Array>,
  target: ServerResponse,
  closed: Promise<'closed'>,
): Promise<void> {
  const reader = body.getReader()
  try {
    for (;;) {
      const read = await Promise.race([reader.read(), closed])
      if (read === 'closed') {
        // Nobody reads any more: an origin that streams to this client alone must hear of it.
        void reader.cancel().catch(() => undefined)
        return
      }
      if (read.done) {
        target.end()
        return
      }
      if (!target.write(read.value)) await Promise.race([drained(target), closed])
    }
  } catch {
    target.destroy()
  }
}

function drained(target: ServerResponse): Promise<void> {
  return new Promise((resolve) => target.once('drain', () => resolve()))
}

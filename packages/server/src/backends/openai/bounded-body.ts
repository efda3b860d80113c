import { BackendError } from '../backend.ts'

/**
 * The chunks of a body, at most `maxBytes` of them: a server that sends without end must not fill our memory.
 * @throws BackendError backend_bad_answer beyond the limit
 */
export async function* boundedChunks(response: Response, maxBytes: number): AsyncGenerator<Uint8Array> {
  let readBytes = 0
  for await (const chunk of response.body ?? []) {
    readBytes += chunk.byteLength
    if (readBytes > maxBytes) {
      const message = `The model server's answer is larger than ${maxBytes} bytes and was not read.`
      throw new BackendError('backend_bad_answer', message, { retry: 'never' })
    }
    yield chunk
  }
}

/** @throws BackendError backend_bad_answer beyond the limit */
export async function boundedBytes(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of boundedChunks(response, maxBytes)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The beginning of a body as text, e.g. of an error page; the rest is not read. */
export async function bodyStart(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let readBytes = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    readBytes += chunk.byteLength
    if (readBytes >= maxBytes) break
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8')
}

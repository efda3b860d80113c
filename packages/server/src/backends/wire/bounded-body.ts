import { BackendError } from '../backend.ts'

/**
 * The chunks of a body, at most `maxBytes` of them: a server that sends without end must not fill our memory.
 * @throws BackendError backend_bad_answer beyond the limit
 */
export async function* boundedChunks(response: Response, maxBytes: number): AsyncGenerator<Uint8Array> {
  // A length that is announced beyond the limit is refused before anything is read; a false one is noticed below.
  if (Number(response.headers.get('content-length')) > maxBytes) {
    await response.body?.cancel()
    throw tooLarge(maxBytes)
  }
  let readBytes = 0
  for await (const chunk of response.body ?? []) {
    readBytes += chunk.byteLength
    if (readBytes > maxBytes) throw tooLarge(maxBytes)
    yield chunk
  }
}

function tooLarge(maxBytes: number): BackendError {
  const message = `The model server's answer is larger than ${maxBytes} bytes and was not read.`
  return new BackendError('backend_bad_answer', message, { retry: 'never' })
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

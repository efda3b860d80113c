import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Deadline, Timeouts } from '../connect/deadline.ts'
import { OutboundError } from '../outbound-error.ts'
import { decoderOf } from './content-decoder.ts'

/** What a body may cost. */
export interface BodyLimits {
  /** Both as sent and as decoded. */
  maxBytes: number
  timeouts: Timeouts
  deadline: Deadline
}

/** A whole body. */
export interface Body {
  bytes: Uint8Array<ArrayBuffer>
  /** As they came over the wire. */
  receivedBytes: number
}

/**
 * Reads and decodes a whole body. Whatever goes wrong, the connection is gone afterwards.
 * @throws OutboundError TOO_LARGE, TOO_SLOW, CONTENT_ENCODING, CONNECTION_LOST, RESPONSE_INVALID
 * @throws the reason of the deadline's signal
 */
export async function readBody(response: IncomingMessage, limits: BodyLimits): Promise<Body> {
  const { deadline, maxBytes, timeouts } = limits
  try {
    // Before reading: a host that says that it will send too much is not waited for.
    if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw new OutboundError('TOO_LARGE')
    const decoder = decoderOf(response.headers['content-encoding'])
    const chunks: Uint8Array[] = []
    let receivedBytes = 0
    let decodedBytes = 0
    const received = async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of source) {
        receivedBytes += chunk.byteLength
        if (receivedBytes > maxBytes) throw new OutboundError('TOO_LARGE')
        yield chunk
      }
    }
    const collect = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
      for await (const chunk of source) {
        decodedBytes += chunk.byteLength
        if (decodedBytes > maxBytes) throw new OutboundError('TOO_LARGE')
        chunks.push(chunk)
      }
    }
    const { bodyIdleMs: everyMs, minBytes } = timeouts
    deadline.watchProgress({ everyMs, minBytes, receivedBytes: () => receivedBytes })
    const { signal } = deadline
    if (decoder === undefined) await pipeline(response, received, collect, { signal })
    else await pipeline(response, received, decoder, collect, { signal })
    return { bytes: joined(chunks, decodedBytes), receivedBytes }
  } catch (error) {
    response.destroy()
    deadline.signal.throwIfAborted()
    throw bodyError(error)
  } finally {
    deadline.phase(undefined)
  }
}

function bodyError(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // Of the parser, and of the decoders: Z_DATA_ERROR, ERR__ERROR_FORMAT_…, ZSTD_error_….
  const malformed = /^(?:HPE_|Z_|ERR__|ERR_BROTLI|ERR_ZSTD|ZSTD_)/u.test(code)
  return new OutboundError(malformed ? 'RESPONSE_INVALID' : 'CONNECTION_LOST', { cause: error })
}

/** In memory of its own: a chunk may be a part of a pool that holds other people's bytes. */
function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

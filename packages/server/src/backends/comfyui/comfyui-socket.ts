import { WebSocket } from 'ws'

/** Previews are sent at full size; anything beyond is no preview. */
const maxMessageBytes = 32 * 1024 * 1024
const handshakeTimeoutMs = 5000

/** A socket of one client id at a server. */
export interface ComfySocket {
  /** Settles when it is open, or cannot be opened; never rejects: without it a job is polled. */
  readonly opened: Promise<void>
  close(): void
}

/**
 * Opens `/ws`. The client of Node itself would do, but for two things: it has no limit for a message's size, and it
 * sends no Authorization header.
 * @param on.text a text message · on.binary a binary message · on.closed once, whatever the reason
 */
export function openComfySocket(
  url: URL,
  headers: Readonly<Record<string, string>>,
  on: { text: (text: string) => void; binary: (bytes: Uint8Array) => void; closed: () => void },
): ComfySocket {
  const { promise: opened, resolve } = Promise.withResolvers<void>()
  const socket = new WebSocket(url, {
    headers,
    handshakeTimeout: handshakeTimeoutMs,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    followRedirects: false,
  })
  socket.on('open', () => {
    // With it previews carry their job's id.
    socket.send(JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: true } }))
    resolve()
  })
  socket.on('message', (data, isBinary) => {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)
    if (isBinary) on.binary(bytes)
    else on.text(bytes.toString('utf8'))
  })
  // Its reason is in `close`, which always follows.
  socket.on('error', () => {})
  socket.on('close', () => {
    resolve()
    on.closed()
  })
  return { opened, close: () => socket.terminate() }
}

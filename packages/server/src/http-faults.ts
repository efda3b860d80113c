import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { DarkroomError } from './errors.ts'
import { errorResponse } from './gateway/problem.ts'

/**
 * Answers what never becomes a request (broken HTTP, headers without end, CONNECT) with a problem document, where
 * Node would send a bare status line: whoever wrote such a client is told what to change too.
 * @param fields more of the answers' header fields, by name
 */
export function answerHttpFaults(server: Server, fields: Readonly<Record<string, string>> = {}): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    void writeFault(socket, faultOf(error), fields)
  })
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy())
    void writeFault(
      socket,
      new DarkroomError('method_not_allowed', 'This is no proxy: CONNECT is not served.', {
        headers: { allow: 'GET, HEAD, POST, DELETE' },
      }),
      fields,
    )
  })
}

function faultOf(error: NodeJS.ErrnoException): DarkroomError {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return new DarkroomError(
      'headers_too_large',
      'The request line and headers are too long: shorten the URL or headers.',
    )
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new DarkroomError(
      'request_timeout',
      'The request did not arrive in time: its headers are awaited for 10 seconds, all of it for 10 minutes.',
    )
  }
  if (error.code === 'HPE_INVALID_URL') {
    // curl sends `?prompt=café` as it stands; Node's parser takes ASCII alone (RFC 3986).
    return new DarkroomError(
      'malformed_http',
      'The URL has bytes that must be percent-encoded as UTF-8: é is %C3%A9 (curl: -G --data-urlencode "prompt=…").',
    )
  }
  return new DarkroomError(
    'malformed_http',
    'This is not valid HTTP/1.1: check method, request target and header framing.',
  )
}

async function writeFault(
  socket: Socket,
  error: DarkroomError,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const requestId = randomUUID()
  const response = errorResponse(error, requestId)
  const body = await response.text()
  const headers = [...response.headers, ...Object.entries(fields)]
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  socket.end(
    `HTTP/1.1 ${error.status} ${error.code}\r\n${headers}x-request-id: ${requestId}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

/** What the adapter cannot make a `Request` of: no or a broken `Host`, a target that is no path. */
export function unreadableRequest(): Response {
  const requestId = randomUUID()
  const response = errorResponse(
    new DarkroomError(
      'malformed_http',
      'The request needs one valid Host header and a target that is a path.',
    ),
    requestId,
  )
  response.headers.set('x-request-id', requestId)
  return response
}

import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { rootCertificates } from 'node:tls'
import type { IpAddress } from '../guard/ip-address.ts'
import type { Target } from '../guard/target.ts'
import { OutboundError } from '../outbound-error.ts'
import type { Deadline } from './deadline.ts'

/** One request to one of the given addresses, and its answer with the body still to be read. */
export interface ExchangeRequest {
  method: 'GET' | 'POST'
  target: Target
  /** Checked: the socket goes to one of these. */
  addresses: readonly IpAddress[]
  headers: Readonly<Record<string, string>>
  body?: Uint8Array | undefined
  deadline: Deadline
  connectMs: number
  headersMs: number
}

/** Opens connections. */
export interface Exchanger {
  /**
   * The connect limit runs since the caller started it; from the connection on the limit of the headers does.
   * @throws OutboundError CONNECT_FAILED, TLS_FAILED, CONNECTION_LOST, RESPONSE_INVALID
   * @throws the reason of the deadline's signal
   */
  exchange(request: ExchangeRequest): Promise<IncomingMessage>
  close(): void
}

/** Header sections larger than this are refused: node's default, which a command-line flag could raise. */
const maxHeaderBytes = 16 * 1024

/**
 * Agents of its own: the global one may have been given a proxy (`NODE_USE_ENV_PROXY`) or other rules. Connections
 * are not kept: each one is as fresh as the check of its addresses.
 * @param certificateAuthorities PEM, trusted besides the well-known ones
 */
export function createExchanger(certificateAuthorities: readonly string[]): Exchanger {
  // All of the addresses in turn, not the first alone.
  const connecting = { keepAlive: false, autoSelectFamily: true }
  const plain = new HttpAgent(connecting)
  const secure = new HttpsAgent({
    ...connecting,
    // Said, not left to the default: NODE_TLS_REJECT_UNAUTHORIZED=0 would change that.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    maxCachedSessions: 0,
    ...(certificateAuthorities.length > 0 ? { ca: [...rootCertificates, ...certificateAuthorities] } : {}),
  })
  return {
    exchange: async (request) => exchange(request, request.target.secure ? secure : plain),
    close: () => {
      plain.destroy()
      secure.destroy()
    },
  }
}

async function exchange(request: ExchangeRequest, agent: HttpAgent): Promise<IncomingMessage> {
  const { target, deadline, body } = request
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  let stage: Stage = 'connect'
  const open = target.secure ? httpsRequest : httpRequest
  deadline.signal.throwIfAborted()
  const outgoing = open(requestOptions(request, agent))
  onStage(outgoing, target.secure, (reached) => {
    stage = reached
    if (reached === 'answer') deadline.phase(request.headersMs)
  })
  outgoing.once('response', resolve)
  // Kept after the answer: an error of a request without a listener ends the process.
  outgoing.on('error', reject)
  // Nobody asked for another protocol; without a listener node waits for ever.
  outgoing.once('upgrade', (_response, socket) => {
    socket.destroy()
    reject(new OutboundError('RESPONSE_INVALID'))
  })
  outgoing.end(body)
  try {
    return await promise
  } catch (error) {
    deadline.signal.throwIfAborted()
    throw error instanceof OutboundError ? error : new OutboundError(codeOf(error, stage), { cause: error })
  }
}

function requestOptions(request: ExchangeRequest, agent: HttpAgent): RequestOptions {
  const { target, addresses, body } = request
  return {
    agent,
    method: request.method,
    // The name: for the Host header, SNI and the certificate. The socket goes where `lookup` says.
    host: target.host,
    port: target.port,
    path: target.path,
    headers: { ...request.headers, ...(body && { 'Content-Length': String(body.byteLength) }) },
    lookup: pinnedLookup(addresses),
    signal: request.deadline.signal,
    maxHeaderSize: maxHeaderBytes,
    // Said, not left to the default: --insecure-http-parser would change that.
    insecureHTTPParser: false,
  }
}

/** Answers with the checked addresses, whatever is asked: between the check and the socket there is no DNS. */
function pinnedLookup(addresses: readonly IpAddress[]): LookupFunction {
  const all = addresses.map(({ text, family }) => ({ address: text, family }))
  return (_host, options, callback) => {
    const [first] = all
    if (options.all === true) callback(null, all)
    else callback(null, first?.address ?? '', first?.family)
  }
}

/** How far a request has come. */
type Stage = 'connect' | 'tls' | 'answer'

function onStage(outgoing: ClientRequest, secure: boolean, reached: (stage: Stage) => void): void {
  outgoing.once('socket', (socket) => {
    socket.once('connect', () => reached(secure ? 'tls' : 'answer'))
    socket.once('secureConnect', () => reached('answer'))
  })
}

function codeOf(
  error: unknown,
  stage: Stage,
): 'CONNECT_FAILED' | 'TLS_FAILED' | 'CONNECTION_LOST' | 'RESPONSE_INVALID' {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (stage === 'connect') return 'CONNECT_FAILED'
  // A handshake that breaks off says nothing about the certificate.
  if (stage === 'tls') return /^E(?:CONN|PIPE|TIMEDOUT)/u.test(code) ? 'CONNECT_FAILED' : 'TLS_FAILED'
  return code.startsWith('HPE_') ? 'RESPONSE_INVALID' : 'CONNECTION_LOST'
}

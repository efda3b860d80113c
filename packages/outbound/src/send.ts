import type { IncomingMessage } from 'node:http'
import { readBody } from './body/read-body.ts'
import type { Deadline } from './connect/deadline.ts'
import { retryAfterMs } from './connect/retry-after.ts'
import type { Equipment } from './download.ts'
import { connected } from './download.ts'
import type { Target } from './guard/target.ts'

/** A webhook: one POST, never shared, never repeated, never redirected. */
export interface Message {
  body: string | Uint8Array
  /** Of the body. Default `application/json`. */
  mediaType?: string | undefined
  /** More headers, a signature for example. Names that belong to the connection are refused. */
  headers?: Readonly<Record<string, string>> | undefined
  /** The sharing domain: domains take turns at an origin. Default `default`. */
  domain?: string | undefined
  signal?: AbortSignal | undefined
}

/** What the host said to a message. Its body is read and dropped. */
export interface Receipt {
  /** Redirects included: they are not followed. */
  status: number
  retryAfterMs: number | undefined
}

/** Headers that decide where a request goes or where it ends. */
const ownHeaders = new Set(
  'connection content-length expect host keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
)

/** The answer is read this far, so that hosts see their answer taken. */
const drainedBytes = 64 * 1024

/**
 * @throws OutboundError
 * @throws RangeError for a header that is not the caller's to set
 */
export async function send(
  equipment: Equipment,
  target: Target,
  message: Message,
  deadline: Deadline,
): Promise<Receipt> {
  const { settings } = equipment
  const wrong = Object.keys(message.headers ?? {}).find((name) => ownHeaders.has(name.toLowerCase()))
  if (wrong !== undefined) throw new RangeError(`The header ${wrong} cannot be set`)
  const headers = {
    'User-Agent': settings.userAgent,
    'Accept-Encoding': 'identity',
    'Content-Type': message.mediaType ?? 'application/json',
    ...message.headers,
  }
  const body = typeof message.body === 'string' ? new TextEncoder().encode(message.body) : message.body
  const request = { method: 'POST', target, headers, body, deadline } as const
  return connected(equipment, request, message.domain ?? 'default', async (response) => {
    await drain(response, equipment, deadline)
    return {
      status: response.statusCode ?? 0,
      retryAfterMs: retryAfterMs(response.headers['retry-after'], settings.now()),
    }
  })
}

/** The status is the answer: whatever is wrong with the body does not make it another one. */
async function drain(response: IncomingMessage, equipment: Equipment, deadline: Deadline): Promise<void> {
  const { timeouts } = equipment.settings
  await readBody(response, { maxBytes: drainedBytes, timeouts, deadline }).catch(() => {})
}

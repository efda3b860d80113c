import type { Outbound } from '@darkroom/outbound'
import { OutboundError } from '@darkroom/outbound'
import { webhookHeaders } from './signature.ts'
import type { PendingWebhook } from './webhook-row.ts'

/** What one attempt came to. */
export interface Attempt {
  /** `gone`: the receiver wants no more. `hopeless`: no later attempt can succeed. */
  outcome: 'delivered' | 'failed' | 'gone' | 'hopeless'
  status: number | undefined
  /** Of `@darkroom/outbound`, when there was no answer. */
  code: string | undefined
  /** In words, for whoever looks why nothing arrives. */
  reason: string
  retryAfterMs: number | undefined
}

export interface AttemptContext {
  outbound: Pick<Outbound, 'send'>
  /** What the project's messages are signed with. */
  secretsOf(project: string): Promise<readonly string[]>
  /** Prefix of the URLs in the body. */
  publicUrl: string | undefined
  now: () => number
}

/**
 * Sends a message once.
 * @returns `undefined` when this side could not send: it was no attempt
 */
export async function attempt(
  webhook: PendingWebhook,
  context: AttemptContext,
  signal: AbortSignal,
): Promise<Attempt | undefined> {
  const secrets = webhook.secret === null ? await context.secretsOf(webhook.project) : [webhook.secret]
  const body = webhookBody(webhook, context.publicUrl)
  const message = { id: webhook.id, timestampS: Math.floor(context.now() / 1000), body }
  try {
    const { status, retryAfterMs } = await context.outbound.send(webhook.url, {
      body,
      headers: webhookHeaders(message, secrets),
      domain: webhook.project,
      signal,
    })
    return { ...answered(status), status, code: undefined, retryAfterMs }
  } catch (error) {
    if (signal.aborted) return undefined
    if (!(error instanceof OutboundError)) throw error
    if (error.code === 'BUSY' || error.code === 'CLOSED') return undefined
    const outcome = hopelessCodes.has(error.code) ? 'hopeless' : 'failed'
    return { outcome, status: undefined, code: error.code, reason: error.message, retryAfterMs: undefined }
  }
}

/** What no passing of time changes: the URL itself is refused. An address or a certificate may be put right. */
const hopelessCodes: ReadonlySet<string> = new Set([
  'URL_INVALID',
  'URL_SCHEME',
  'URL_CREDENTIALS',
  'URL_PORT',
  'HOST_FORBIDDEN',
])

/** Only 2xx is success (Standard Webhooks, "Delivery success and failure"). */
function answered(status: number): Pick<Attempt, 'outcome' | 'reason'> {
  if (status >= 200 && status < 300)
    return { outcome: 'delivered', reason: `The receiver answered ${status}.` }
  if (status === 410) {
    return { outcome: 'gone', reason: 'The receiver answered 410: it wants no more messages.' }
  }
  if (status >= 300 && status < 400) {
    return {
      outcome: 'failed',
      reason: `The receiver answered ${status}: redirects are not followed; give the URL that it leads to.`,
    }
  }
  return { outcome: 'failed', reason: `The receiver answered ${status}; only 2xx counts as received.` }
}

/** The same text in every attempt: type, time and record, as the specification has them. */
export function webhookBody(
  webhook: Pick<PendingWebhook, 'type' | 'data' | 'happened_at'>,
  publicUrl: string | undefined,
): string {
  const data = JSON.parse(webhook.data, (name, value: unknown) =>
    // Ours are kept as paths; a base's own URL is complete.
    name === 'url' && typeof value === 'string' && value.startsWith('/')
      ? `${publicUrl ?? ''}${value}`
      : value,
  ) as unknown
  return JSON.stringify({ type: webhook.type, timestamp: webhook.happened_at.toISOString(), data })
}

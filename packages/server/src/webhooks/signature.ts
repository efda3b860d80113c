import { createHmac, randomBytes } from 'node:crypto'

const secretPrefix = 'whsec_'

/** A new signing secret: 32 random bytes, as the specification writes them. */
export function newWebhookSecret(): string {
  return `${secretPrefix}${randomBytes(32).toString('base64')}`
}

/** One message, as it is signed. */
export interface SignedMessage {
  /** `msg_…`: the same in every attempt. Without full stops, which separate the parts. */
  id: string
  /** Of the attempt, in whole seconds since 1970. */
  timestampS: number
  /** The very text that is sent. */
  body: string
}

/**
 * The three headers of the Standard Webhooks specification 1.0: HMAC-SHA256 over `id.timestamp.body`. One signature a
 * secret: while a secret is replaced, the old one and the new one.
 */
export function webhookHeaders(message: SignedMessage, secrets: readonly string[]): Record<string, string> {
  const { id, timestampS, body } = message
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(secretPrefix.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signatures.join(' '),
  }
}

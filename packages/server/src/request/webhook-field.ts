import { z } from 'zod'

/** Where a request's end is to be told, and with which secret the message is signed. */
export interface WebhookAsk {
  url: string
  /** `whsec_…`; `undefined`: the project's own. */
  secret: string | undefined
}

/** Bytes of a secret, by the Standard Webhooks specification. */
const secretBytes = { min: 24, max: 64 }

/** Whether a text is a signing secret: `whsec_` and 24 to 64 bytes in base64. */
export function isWebhookSecret(text: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/u.exec(text)?.[1]
  if (encoded === undefined) return false
  const bytes = Buffer.from(encoded, 'base64')
  return (
    bytes.byteLength >= secretBytes.min &&
    bytes.byteLength <= secretBytes.max &&
    bytes.toString('base64') === encoded
  )
}

const urlField = z.string('must be a URL').min(1, 'must be a URL').max(2048, 'is longer than 2048 characters')

/** `webhook` of a request: a URL, or `{url, secret}`. */
export const webhookField: z.ZodType<WebhookInput> = z.union(
  [
    urlField,
    z.strictObject({
      url: urlField,
      secret: z
        .string()
        .refine(isWebhookSecret, 'must be whsec_ and 24 to 64 bytes in base64')
        .optional()
        .meta({ description: 'Signs the messages; without it the secret of the project does.' }),
    }),
  ],
  'must be a URL, or {url, secret} with a secret like whsec_ and 24 to 64 bytes in base64',
)

/** As the body has it. */
export type WebhookInput = string | { url: string; secret?: string | undefined }

/** Both forms as one. */
export function webhookAskOf(input: WebhookInput | undefined): WebhookAsk | undefined {
  if (input === undefined) return undefined
  return typeof input === 'string'
    ? { url: input, secret: undefined }
    : { url: input.url, secret: input.secret }
}

import { z } from 'zod'
import { DarkroomError } from '../errors.ts'
import { scopeField } from './fields.ts'
import { parseDurationMs } from './duration.ts'
import { parseWith } from './query.ts'

/** What a new key is asked to be. */
export interface KeyAsk {
  kind: 'api' | 'signing'
  project: string
  name: string
  rights: readonly ('read' | 'generate' | 'purge' | 'scaling' | 'admin')[]
  scopes: readonly string[] | undefined
  expiresInMs: number | undefined
  ratePerMinute: number | undefined
}

interface KeyBody {
  kind?: 'api' | 'signing' | undefined
  project?: string | undefined
  name?: string | undefined
  rights?: ('read' | 'generate' | 'purge' | 'scaling' | 'admin')[] | undefined
  scopes?: string[] | undefined
  expires?: number | undefined
  ratePerMinute?: number | undefined
}

/** A project's name has the form of a scope's. */
export const projectField: z.ZodType<string> = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/u, 'must be a project name: 1 to 63 of a-z, 0-9, _ and -')

const durationField: z.ZodType<number> = z
  .string()
  .transform((text) => parseDurationMs(text) ?? Number.NaN)
  .refine((ms) => ms > 0, 'must be a duration such as 90d, 24h, 30m or 10s')
  .meta({ type: 'string', example: '90d' })

/** The body of `POST /v1/keys`. */
export const keyBodySchema: z.ZodType<KeyBody> = z.strictObject({
  kind: z.enum(['api', 'signing'], 'must be api or signing').optional(),
  project: projectField.optional(),
  name: z
    .string()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,79}$/u, 'must be 1 to 80 letters, digits, spaces and . _ @ -')
    .optional(),
  rights: z
    .array(
      z.enum(
        ['read', 'generate', 'purge', 'scaling', 'admin'],
        'must be read, generate, purge, scaling or admin',
      ),
    )
    .min(1)
    .max(5)
    .optional(),
  scopes: z.array(scopeField).min(1).max(50).optional(),
  expires: durationField.optional(),
  ratePerMinute: z.int('must be a whole number').min(0).max(1_000_000).optional(),
})

/** @throws DarkroomError invalid_request, unknown_parameter */
export function parseKeyBody(body: unknown): KeyAsk {
  const parsed = parseWith(keyBodySchema, body)
  const kind = parsed.kind ?? 'api'
  if (kind === 'signing' && parsed.rights !== undefined) {
    throw new DarkroomError('invalid_request', 'rights: a signing key signs URLs, and has no other rights.', {
      param: 'rights',
    })
  }
  const rights = [...new Set(parsed.rights ?? (['read', 'generate'] as const))]
  const reachesBeyondScopes = rights.some(
    (right) => right === 'purge' || right === 'scaling' || right === 'admin',
  )
  if (parsed.scopes !== undefined && reachesBeyondScopes) {
    throw new DarkroomError(
      'invalid_request',
      'scopes: purge, scaling and admin reach beyond scopes; a key that is kept to scopes may read and generate.',
      { param: 'scopes' },
    )
  }
  return {
    kind,
    project: parsed.project ?? 'default',
    name: parsed.name ?? (kind === 'signing' ? 'signing key' : 'key'),
    rights,
    scopes: parsed.scopes === undefined ? undefined : [...new Set(parsed.scopes)],
    expiresInMs: parsed.expires,
    ratePerMinute: parsed.ratePerMinute,
  }
}

/** The body of `POST /v1/keys/{id}/rotate`. */
export const rotateBodySchema: z.ZodType<{ grace?: number | undefined }> = z.strictObject({
  grace: z
    .string()
    .transform((text) => parseDurationMs(text) ?? Number.NaN)
    .refine((ms) => ms >= 0, 'must be a duration such as 24h, or 0s')
    .meta({ type: 'string', example: '24h' })
    .optional(),
})

/** How long a rotated key goes on working, where nobody says. */
export const defaultGraceMs: number = 24 * 3_600_000

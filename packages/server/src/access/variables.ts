import { z } from 'zod'
import type { ConfigFault, Parsed, Variable } from '../config-variable.ts'
import { defineVariable, integer, optionalNumber } from '../config-variable.ts'
import { isLoopbackHost } from '../request/loopback-host.ts'
import type { ScopeDefaults } from './scope-policy.ts'
import type { SharedDomains } from './sharing-domains.ts'
import { parseSharedDomains } from './sharing-domains.ts'

/** Environment variables of access; `config.ts` parses them with all others. */
export const accessVariables: {
  DARKROOM_AUTH: Variable<'off' | 'on'>
  DARKROOM_SECRET: Variable<string | undefined>
  DARKROOM_RATE_LIMIT: Variable<number>
  DARKROOM_SCOPE_PER_HOUR: Variable<number | undefined>
  DARKROOM_SCOPE_USD_PER_DAY: Variable<number | undefined>
  DARKROOM_SHARED_DOMAINS: Variable<SharedDomains>
  DARKROOM_API_KEY: Variable<string | undefined>
  DARKROOM_SIGNING_KEY: Variable<string | undefined>
} = {
  DARKROOM_AUTH: defineVariable(
    'off',
    'off: loopback addresses only, whoever reaches them is trusted, cross-site requests may not cause work. on: every route but a few open ones needs a key or a signature (docs/rights.md); make the first key with `darkroom keys create --admin`.',
    z
      .enum(['off', 'on'], 'must be off or on')
      .optional()
      .transform((mode) => mode ?? 'off'),
  ),
  DARKROOM_SECRET: defineVariable(
    '(secret.key in the data folder)',
    "The server's secret, which API keys are hashed and URLs signed with: 32 random characters or more, the same for all processes of a deployment. `openssl rand -base64 32` makes one. Workers do not need it.",
    z.string().min(32, 'must have at least 32 characters: openssl rand -base64 32 makes some').optional(),
  ),
  DARKROOM_RATE_LIMIT: defineVariable(
    '600',
    'Requests a minute of one API key or open scope, for all gateways together, where the key says no other; hits are not counted. 0: no limit. Only with DARKROOM_AUTH=on.',
    integer(0, 1_000_000, 600),
  ),
  DARKROOM_SCOPE_PER_HOUR: defineVariable(
    '(no limit)',
    'New generations an hour in each scope that sets no number of its own (/v1/scopes).',
    optionalNumber(/^\d{1,9}$/u, 'must be a whole number'),
  ),
  DARKROOM_SCOPE_USD_PER_DAY: defineVariable(
    '(no limit)',
    'US dollars a day (UTC) in each scope that sets no sum of its own.',
    optionalNumber(/^\d{1,6}(?:\.\d{1,4})?$/u, 'must be a sum such as 20 or 2.50'),
  ),
  DARKROOM_SHARED_DOMAINS: defineVariable(
    '(none)',
    'Projects that share what they make: name=project+project, separated by commas. All others share nothing.',
    z
      .string()
      .optional()
      .transform((text, context): SharedDomains => {
        const parsed = text === undefined ? {} : parseSharedDomains(text)
        if (parsed !== undefined) return parsed
        const message = 'must look like name=project+project, with each project in one domain at most'
        context.issues.push({ code: 'custom', message, input: text })
        return z.NEVER
      }),
  ),
  DARKROOM_API_KEY: defineVariable(
    '',
    'The key that commands (purge, generate --url) show to a running server.',
    z.string().min(1).optional(),
  ),
  DARKROOM_SIGNING_KEY: defineVariable(
    '',
    'The signing key that `darkroom sign` signs with.',
    z.string().min(1).optional(),
  ),
}

/** What of the configuration is about access. */
export interface AccessConfig {
  readonly mode: 'off' | 'on'
  /** The server's secret, where it is no file in the data folder. */
  readonly secret: string | undefined
  readonly requestsPerMinute: number
  readonly scopeDefaults: Readonly<ScopeDefaults>
  readonly sharedDomains: SharedDomains
  /** What `darkroom sign` signs with. */
  readonly signingKey: string | undefined
}

export function accessConfigOf(parsed: Parsed<typeof accessVariables>): AccessConfig {
  return Object.freeze({
    mode: parsed.DARKROOM_AUTH,
    secret: parsed.DARKROOM_SECRET,
    requestsPerMinute: parsed.DARKROOM_RATE_LIMIT,
    scopeDefaults: Object.freeze({
      maxPerHour: parsed.DARKROOM_SCOPE_PER_HOUR,
      maxUsdPerDay: parsed.DARKROOM_SCOPE_USD_PER_DAY,
    }),
    sharedDomains: parsed.DARKROOM_SHARED_DOMAINS,
    signingKey: parsed.DARKROOM_SIGNING_KEY,
  })
}

/** The one fault that takes two variables. */
export function hostFault({
  HOST,
  DARKROOM_AUTH,
}: Readonly<Record<string, string | undefined>>): ConfigFault | undefined {
  if (DARKROOM_AUTH === 'on' || HOST === undefined || HOST === '' || isLoopbackHost(HOST)) return undefined
  return {
    variable: 'HOST',
    message:
      'must be a loopback address (127.0.0.1, ::1 or localhost) while DARKROOM_AUTH is off: an open address would let anyone spend your generations. Make a key (darkroom keys create --admin) and set DARKROOM_AUTH=on',
  }
}

import { z } from 'zod'
import type { ConfigFault, Parsed, Variable } from '../config-variable.ts'
import { ConfigError, defineVariable, httpUrl, integer, listOfTexts } from '../config-variable.ts'

/** CDNs that purges reach. */
export const cdnNames = ['cloudflare', 'fastly', 'bunny', 'varnish', 'cloudfront'] as const
export type CdnName = (typeof cdnNames)[number]

const isCdnName = (text: string): text is CdnName => cdnNames.some((name) => name === text)

/** What `DARKROOM_CDN` says: none; some that is purged by somebody else; or which. */
export type CdnChoice = 'off' | 'on' | readonly CdnName[]

/** Environment variables of CDNs in front; `config.ts` parses them with all others. */
export const cdnVariables: {
  DARKROOM_CDN: Variable<CdnChoice>
  DARKROOM_CDN_REPEAT_S: Variable<number>
  CLOUDFLARE_ZONE_ID: Variable<string | undefined>
  CLOUDFLARE_API_TOKEN: Variable<string | undefined>
  CLOUDFLARE_BASE_URL: Variable<string>
  FASTLY_SERVICE_ID: Variable<string | undefined>
  FASTLY_API_TOKEN: Variable<string | undefined>
  FASTLY_BASE_URL: Variable<string>
  BUNNY_PULL_ZONE_ID: Variable<string | undefined>
  BUNNY_API_KEY: Variable<string | undefined>
  BUNNY_BASE_URL: Variable<string>
  VARNISH_URLS: Variable<string[]>
  VARNISH_PURGE_KEY: Variable<string | undefined>
  CLOUDFRONT_DISTRIBUTION_ID: Variable<string | undefined>
  AWS_ENDPOINT_URL_CLOUDFRONT: Variable<string>
  AWS_SESSION_TOKEN: Variable<string | undefined>
  DARKROOM_EDGE_PURGE_KEY: Variable<string | undefined>
} = {
  DARKROOM_CDN: defineVariable(
    'off',
    'CDNs in front, separated by commas: cloudflare, fastly, bunny, varnish, cloudfront. Answers carry tags for each, and every purge reaches each ([guide](guides/cdn.md)). on: tags as Cache-Tag and Surrogate-Key alone, and no calls; off: no tags.',
    z
      .string()
      .optional()
      .transform((text, context): CdnChoice => {
        if (text === undefined || text === 'off' || text === 'on') return text ?? 'off'
        const names = text
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '')
        if (names.length > 0 && names.every(isCdnName)) return [...new Set(names)]
        context.issues.push({
          code: 'custom',
          message: `must be on, off, or some of ${cdnNames.join(', ')}, separated by commas`,
          input: text,
        })
        return z.NEVER
      }),
  ),
  DARKROOM_CDN_REPEAT_S: defineVariable(
    '10',
    'A CDN is told once more after so long, since what it was fetching during a purge may be kept by it as fresh. As long as an answer may take to travel; 0: never.',
    integer(0, 3600, 10),
  ),
  CLOUDFLARE_ZONE_ID: id('The zone that purges go to.'),
  CLOUDFLARE_API_TOKEN: secret('A token of Cloudflare with the permission Cache Purge for the zone.'),
  CLOUDFLARE_BASE_URL: address('https://api.cloudflare.com/client/v4', 'Where Cloudflare’s API is.'),
  FASTLY_SERVICE_ID: id('The service that purges go to.'),
  FASTLY_API_TOKEN: secret('A token of Fastly with the scopes purge_select and purge_all for the service.'),
  FASTLY_BASE_URL: address('https://api.fastly.com', 'Where Fastly’s API is.'),
  BUNNY_PULL_ZONE_ID: id('The pull zone of bunny.net that purges go to.'),
  BUNNY_API_KEY: secret('The API key of bunny.net.'),
  BUNNY_BASE_URL: address('https://api.bunny.net', 'Where bunny.net’s API is.'),
  VARNISH_URLS: defineVariable(
    '',
    'Addresses of Varnish, separated by commas: each is purged by itself.',
    listOfTexts()
      .refine(
        (urls) => urls.every((url) => /^https?:\/\/[^@/\s]+\/?$/u.test(url) && URL.canParse(url)),
        'must list addresses like http://varnish:6081, separated by commas',
      )
      .transform((urls) => [...new Set(urls.map((url) => new URL(url).origin))]),
  ),
  VARNISH_PURGE_KEY: secret('What our VCL asks purges for, in `X-Purge-Key`.'),
  CLOUDFRONT_DISTRIBUTION_ID: id(
    'The distribution that purges go to, by the key `AWS_ACCESS_KEY_ID` with `AWS_SECRET_ACCESS_KEY`.',
  ),
  AWS_ENDPOINT_URL_CLOUDFRONT: address('https://cloudfront.amazonaws.com', 'Where CloudFront’s API is.'),
  AWS_SESSION_TOKEN: defineVariable(
    '',
    'The token that belongs to a temporary key; for CloudFront alone.',
    z.string().optional(),
  ),
  DARKROOM_EDGE_PURGE_KEY: defineVariable(
    '(no purges)',
    'For `darkroom edge` alone: who shows it as a bearer token may `POST /.darkroom/purge`.',
    z
      .string()
      .regex(/^[\x21-\x7e]{16,}$/u, 'must be 16 characters or more, without spaces')
      .optional(),
  ),
}

function id(about: string): Variable<string | undefined> {
  return defineVariable(
    '',
    about,
    z
      .string()
      .regex(/^[\w-]+$/u, 'must be an id: letters, digits, _ and -')
      .optional(),
  )
}

/** It goes into a header field: a line break copied along would break that, and be no help in an error. */
function secret(about: string): Variable<string | undefined> {
  return defineVariable(
    '',
    about,
    z
      .string()
      .regex(/^[\x21-\x7e]+$/u, 'has characters that no key has: copy it again')
      .optional(),
  )
}

function address(fallback: string, about: string): Variable<string> {
  return defineVariable(
    fallback,
    about,
    httpUrl().transform((url) => url ?? fallback),
  )
}

/** One CDN, with all that calling it needs. */
export type CdnConfig =
  | { name: 'cloudflare'; zoneId: string; apiToken: string; baseUrl: string }
  | { name: 'fastly'; serviceId: string; apiToken: string; baseUrl: string }
  | { name: 'bunny'; pullZoneId: string; apiKey: string; baseUrl: string }
  | { name: 'varnish'; urls: readonly string[]; purgeKey: string | undefined }
  | {
      name: 'cloudfront'
      distributionId: string
      accessKeyId: string
      secretAccessKey: string
      sessionToken: string | undefined
      baseUrl: string
    }

/** What stands in front. */
export interface CdnSettings {
  /** Whether answers carry tags at all. */
  readonly tags: boolean
  readonly cdns: readonly CdnConfig[]
  /** 0: CDNs are told once. */
  readonly repeatMs: number
}

/** The variables that are read, of which some are of other rooms. */
export type CdnParsed = Parsed<typeof cdnVariables> & {
  AWS_ACCESS_KEY_ID: string | undefined
  AWS_SECRET_ACCESS_KEY: string | undefined
}

/** The settings from the parsed variables. @throws ConfigError for a CDN whose id, key or address is missing */
export function cdnSettingsOf(parsed: CdnParsed): CdnSettings {
  const choice = parsed.DARKROOM_CDN
  const faults: ConfigFault[] = []
  const need = (variable: keyof CdnParsed, name: CdnName): string => {
    const value = parsed[variable]
    if (typeof value === 'string' && value !== '') return value
    faults.push({ variable, message: `must be set where DARKROOM_CDN names ${name}` })
    return ''
  }
  const cdns = typeof choice === 'string' ? [] : choice.map((name) => cdnOf(name, parsed, need))
  if (typeof choice !== 'string' && choice.includes('varnish') && parsed.VARNISH_URLS.length === 0)
    faults.push({ variable: 'VARNISH_URLS', message: 'must be set where DARKROOM_CDN names varnish' })
  if (faults.length > 0) throw new ConfigError(faults)
  return Object.freeze({
    tags: choice !== 'off',
    cdns: Object.freeze(cdns),
    repeatMs: parsed.DARKROOM_CDN_REPEAT_S * 1000,
  })
}

function cdnOf(
  name: CdnName,
  parsed: CdnParsed,
  need: (variable: keyof CdnParsed, name: CdnName) => string,
): CdnConfig {
  switch (name) {
    case 'cloudflare':
      return {
        name,
        zoneId: need('CLOUDFLARE_ZONE_ID', name),
        apiToken: need('CLOUDFLARE_API_TOKEN', name),
        baseUrl: parsed.CLOUDFLARE_BASE_URL,
      }
    case 'fastly':
      return {
        name,
        serviceId: need('FASTLY_SERVICE_ID', name),
        apiToken: need('FASTLY_API_TOKEN', name),
        baseUrl: parsed.FASTLY_BASE_URL,
      }
    case 'bunny':
      return {
        name,
        pullZoneId: need('BUNNY_PULL_ZONE_ID', name),
        apiKey: need('BUNNY_API_KEY', name),
        baseUrl: parsed.BUNNY_BASE_URL,
      }
    case 'varnish':
      return { name, urls: parsed.VARNISH_URLS, purgeKey: parsed.VARNISH_PURGE_KEY }
    default:
      return {
        name,
        distributionId: need('CLOUDFRONT_DISTRIBUTION_ID', name),
        accessKeyId: need('AWS_ACCESS_KEY_ID', name),
        secretAccessKey: need('AWS_SECRET_ACCESS_KEY', name),
        sessionToken: parsed.AWS_SESSION_TOKEN,
        baseUrl: parsed.AWS_ENDPOINT_URL_CLOUDFRONT,
      }
  }
}

import { cdnTagFields } from '../tags/cdn-fields.ts'
import type { CdnAdapter, CdnOptions, CdnPurge } from './cdn-adapter.ts'
import { targetOf } from './cdn-adapter.ts'
import { callCdn } from './cdn-call.ts'

/** Signs a request as AWS wants it (Signature Version 4). @returns all header fields that are to be sent */
export type SignAwsRequest = (request: {
  method: string
  url: string
  headers: Record<string, string>
  body: string
}) => Promise<Record<string, string>>

export interface CloudFrontOptions extends CdnOptions {
  distributionId: string
  /** For the service `cloudfront` in `us-east-1`, by a key that may `cloudfront:CreateInvalidation`. */
  sign: SignAwsRequest
  /** Default `https://cloudfront.amazonaws.com`. */
  baseUrl?: string | undefined
}

const version = '2020-05-31'

/**
 * Amazon CloudFront: `CreateInvalidation`, where an item is a path, or a tag after `#` (since 2026-04-29, for
 * distributions with a `CacheTagConfig` that names `Cache-Tag`; tags are compared without case, so that two which
 * differ in case alone are purged together). `CallerReference` is the purge's: a repeat is the same invalidation. It
 * has no soft form. At most 3,000 items may be in progress; above that it answers TooManyInvalidationsInProgress, and
 * the purge waits.
 * Per documentation, not run against the service:
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html and
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-by-tags.html (November 2026).
 */
export function createCloudFront(options: CloudFrontOptions): CdnAdapter {
  const { distributionId, sign, baseUrl = 'https://cloudfront.amazonaws.com' } = options
  const url = `${baseUrl}/${version}/distribution/${encodeURIComponent(distributionId)}/invalidation`
  const adapter: CdnAdapter = {
    name: 'cloudfront',
    limits: { tags: 50, urls: 50 },
    softens: { tags: false, urls: false, everything: false },
    tagField: cdnTagFields.cloudfront,
    purge: async (purge, signal) => {
      targetOf(purge, adapter)
      const body = batchOf(purge)
      const headers = await sign({ method: 'POST', url, headers: { 'content-type': 'text/xml' }, body })
      return await callCdn({ url, headers, body }, { ...options, secrets: [], judge, faultOf }, signal)
    },
  }
  return adapter
}

function batchOf({ tags = [], urls = [], reference }: CdnPurge): string {
  const items = [...tags.map((tag) => `#${tag}`), ...urls.map(pathOf)]
  const paths = items.length === 0 ? ['/*'] : items
  const list = paths.map((path) => `<Path>${escaped(path)}</Path>`).join('')
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/${version}/">` +
    `<Paths><Quantity>${paths.length}</Quantity><Items>${list}</Items></Paths>` +
    `<CallerReference>${escaped(reference)}</CallerReference></InvalidationBatch>`
  )
}

/** A star at the end of a path is a wildcard, wherever it came from: `%2A` is one that is meant. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return (pathname + search).replaceAll('*', '%2A')
}

function escaped(text: string): string {
  return text.replace(/[<>&'"]/gu, (character) => `&#${character.codePointAt(0)};`)
}

/** Throttling and too many invalidations are 400s that pass. */
function judge(status: number, body: string): 'retry' | undefined {
  const passes = /<Code>(?:TooManyInvalidationsInProgress|Throttling\w*|RequestExpired)<\/Code>/u
  return status >= 400 && passes.test(body) ? 'retry' : undefined
}

/** `<ErrorResponse><Error><Code>AccessDenied</Code><Message>…</Message></Error></ErrorResponse>` */
function faultOf(body: string): string | undefined {
  const code = /<Code>([^<]{1,100})<\/Code>/u.exec(body)?.[1]
  const message = /<Message>([^<]{1,300})<\/Message>/u.exec(body)?.[1]
  return code === undefined ? undefined : `${code}${message === undefined ? '' : `: ${message}`}`
}

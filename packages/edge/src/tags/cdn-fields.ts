import { maxTagLength, surrogateTag } from './surrogate-tags.ts'

/** How a CDN reads tags. */
export interface CdnTagField {
  /** Of the field, in lower case. */
  readonly field: string
  readonly separator: ',' | ' '
  readonly maxTags: number
  readonly maxTagLength: number
  /** Of the whole value. */
  readonly maxBytes: number
  /** A field of its own for times, beside `CDN-Cache-Control`. */
  readonly timesField?: string
}

/**
 * The fields and their limits, as the CDNs' documentation has them (November 2026): Cloudflare 16 KB, 1,024 characters
 * a tag; Fastly 16,384 bytes, 1,024 a key, and times from `Surrogate-Control`; bunny.net 1,024 bytes, of which longer
 * lists are cut; CloudFront 50 tags of 256, in the field that the distribution's `CacheTagConfig` names; Varnish's
 * `http_resp_hdr_len`, 8 kB.
 */
export const cdnTagFields: Readonly<
  Record<'cloudflare' | 'fastly' | 'bunny' | 'varnish' | 'cloudfront', CdnTagField>
> = {
  cloudflare: {
    field: 'cache-tag',
    separator: ',',
    maxTags: 1000,
    maxTagLength: 1024,
    maxBytes: 16_384,
  },
  fastly: {
    field: 'surrogate-key',
    separator: ' ',
    maxTags: 1000,
    maxTagLength: 1024,
    maxBytes: 16_384,
    timesField: 'surrogate-control',
  },
  bunny: { field: 'cdn-tag', separator: ',', maxTags: 1000, maxTagLength: 1024, maxBytes: 1024 },
  varnish: { field: 'xkey', separator: ' ', maxTags: 1000, maxTagLength: 1024, maxBytes: 7168 },
  cloudfront: { field: 'cache-tag', separator: ',', maxTags: 50, maxTagLength: 256, maxBytes: 8192 },
}

/** Fields that name tags, for whichever CDN: those in front read only what is made for them. */
export const cdnTagFieldNames: readonly string[] = ['cache-tag', 'surrogate-key', 'cdn-tag', 'xkey']

/** Changes of an answer's fields; names in lower case. */
export interface FieldChanges {
  remove: readonly string[]
  set: readonly (readonly [name: string, value: string])[]
}

/** What is known of an answer for CDNs. */
export interface CdnAnswer {
  /** All that purges may name it by; undefined: more than could be read. */
  tags: readonly string[] | undefined
  /** It is past its time, or was marked stale: what is fetched now is not to be fresh anywhere else. */
  stale: boolean
  /** The value of a field of the answer. */
  get(name: string): string | null | undefined
}

/**
 * How an answer looks to the CDNs in front: one list of tags, written for each of them, and all of it or none. A list
 * above the limits of one of them is in no answer: the CDN would cut it, and a purge by what was cut would miss the
 * copy. Such an answer is for browsers alone. An answer that is stale here is stale at once there, since it would else
 * be kept as fresh by a CDN that asks right after a purge has marked it.
 */
export function cdnFields(fields: readonly CdnTagField[], answer: CdnAnswer): FieldChanges {
  const timesFields = [...new Set(fields.flatMap(({ timesField }) => timesField ?? []))]
  if (answer.tags === undefined) return keptFromCdns(answer, timesFields)
  const tags = [...new Set(answer.tags.map(surrogateTag))].filter((tag) => tag !== '')
  if (!fields.every((field) => fits(tags, field))) return keptFromCdns(answer, timesFields)
  const set: [string, string][] = []
  if (tags.length > 0) {
    for (const { field, separator } of fields) set.push([field, tags.join(separator)])
  }
  const forCdns = answer.get('cdn-cache-control') ?? undefined
  const times = forCdns === undefined || !answer.stale ? forCdns : expired(forCdns)
  if (answer.stale) {
    if (times !== undefined) set.push(['cdn-cache-control', times])
    const forBrowsers = answer.get('cache-control') ?? undefined
    if (forBrowsers !== undefined) set.push(['cache-control', expired(forBrowsers)])
  }
  // `public` is no directive of Surrogate-Control.
  const surrogate = times?.replace(/^public,\s*/u, '')
  if (surrogate !== undefined) for (const name of timesFields) set.push([name, surrogate])
  return { remove: cdnTagFieldNames, set }
}

function fits(tags: readonly string[], field: CdnTagField): boolean {
  const bytes = tags.reduce((sum, tag) => sum + tag.length + 1, -1)
  return (
    tags.length <= field.maxTags &&
    bytes <= field.maxBytes &&
    // Ours are never longer; said here so that a stricter CDN is not forgotten.
    maxTagLength <= field.maxTagLength
  )
}

function keptFromCdns(answer: CdnAnswer, timesFields: readonly string[]): FieldChanges {
  const said = answer.get('cache-control') ?? 'no-store'
  const others = said
    .split(',')
    .map((part) => part.trim())
    .filter((part) => !/^(?:public$|private\b|s-maxage=)/iu.test(part))
  return {
    remove: cdnTagFieldNames,
    set: [
      ['cache-control', ['private', ...others].join(', ')],
      ['cdn-cache-control', 'no-store'],
      ...timesFields.map((name) => [name, 'no-store'] as const),
    ],
  }
}

/** No longer fresh; the windows for stale answers stay. */
function expired(directives: string): string {
  return directives
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part.toLowerCase() !== 'immutable')
    .map((part) => part.replace(/^(max-age|s-maxage)=.*$/iu, '$1=0'))
    .join(', ')
}

import type { Ask } from './ask.ts'
import { withoutFragment } from './ask.ts'
import type { PurgeRequest } from './edge-options.ts'
import { purgeNames } from './store/edge-store.ts'
import { surrogateTag } from './tags/surrogate-tags.ts'

/** The names that a purge hits. @throws TypeError if a URL is not absolute */
export function namesToPurge(request: PurgeRequest): readonly string[] {
  const { domain = '', tags = [], keys = [], urls = [], everything = false, allDomains = false } = request
  const names = new Set<string>()
  if (everything) names.add(allDomains ? purgeNames.everywhere : purgeNames.domain(domain))
  for (const tag of tags) {
    const clean = surrogateTag(tag)
    if (clean !== '') names.add(purgeNames.tag(domain, clean))
  }
  for (const key of keys) names.add(purgeNames.key(domain, key))
  for (const url of urls) names.add(purgeNames.url(domain, absolute(url)))
  return [...names]
}

/** The names that purges may hit an answer by. */
export function answerNames({ domain, url, key }: Ask, tags: readonly string[]): readonly string[] {
  const names = [purgeNames.everywhere, purgeNames.domain(domain), purgeNames.url(domain, url)]
  names.push(purgeNames.key(domain, key), ...tags.map((tag) => purgeNames.tag(domain, tag)))
  return [...new Set(names)]
}

/** The URLs that a successful unsafe request makes out of date (RFC 9111 section 4.4). */
export function urlsInvalidatedBy(url: string, response: Response): readonly string[] {
  const urls = [url]
  for (const name of ['location', 'content-location']) {
    const value = response.headers.get(name)
    if (value === null || !URL.canParse(value, url)) continue
    const other = new URL(value, url)
    // Only of the same origin: else one site could empty another's cache.
    if (other.origin === new URL(url).origin) urls.push(withoutFragment(other.href))
  }
  return urls
}

function absolute(url: string): string {
  if (!URL.canParse(url))
    throw new TypeError(`purge needs absolute URLs, not ${JSON.stringify(url.slice(0, 200))}`)
  return withoutFragment(new URL(url).href)
}

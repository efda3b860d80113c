import fc from 'fast-check'
import CachePolicy from 'http-cache-semantics'
import { afterAll, describe, expect, it } from 'vitest'
import { startMs } from '../testing/edge-test-kit.ts'
import type { HeaderList } from '../headers/header-list.ts'
import { formatHttpDate } from '../headers/http-date.ts'
import { freshnessOf, ttlMsAt } from './freshness.ts'
import { conformanceProfile } from './profile.ts'
import { requestDirectivesOf } from './request-directives.ts'
import { responseDirectivesOf } from './response-directives.ts'
import { storabilityOf } from './storability.ts'

/** One exchange: what the client sent, what the origin answered. */
interface Exchange {
  request: Record<string, string>
  status: number
  response: Record<string, string>
}

interface Judgement {
  storable: boolean
  ttlS: number
}

/** The other library's judgement, as a shared cache. It reads the clock in `Date.now`. */
function theirs({ request, status, response }: Exchange): Judgement {
  const policy = new CachePolicy(
    { url: '/', method: 'GET', headers: request },
    { status, headers: response },
    { shared: true },
  )
  // Not timeToLive: that is how long it may be kept, stale windows included.
  return { storable: policy.storable(), ttlS: Math.max(0, policy.maxAge() - policy.age()) }
}

function ours({ request, status, response }: Exchange): Judgement {
  const headers: HeaderList = Object.entries(response)
  const directives = responseDirectivesOf(headers)
  const answer = { status, headers, directives, requestTimeMs: startMs, responseTimeMs: startMs }
  const freshness = freshnessOf(answer, conformanceProfile)
  const asked = {
    authorization: 'authorization' in request,
    noStore: requestDirectivesOf(new Headers(request), conformanceProfile).noStore,
  }
  const { storable } = storabilityOf(answer, freshness, asked, conformanceProfile)
  const usable = storable && !freshness.alwaysValidate
  return { storable, ttlS: usable ? Math.max(0, ttlMsAt(freshness, startMs)) / 1000 : 0 }
}

const said = ({ response }: Exchange): string => response['cache-control'] ?? ''
const field = (exchange: Exchange, name: string): string | undefined => exchange.response[name]
const explicit = (exchange: Exchange): boolean =>
  /max-?age/.test(said(exchange)) || field(exchange, 'expires') !== undefined
const isDate = (text: string | undefined): boolean => text !== undefined && text.endsWith('GMT')

interface Difference {
  why: string
  applies: (exchange: Exchange, our: Judgement, their: Judgement) => boolean
}

/** Every known difference and who is right. What no row explains must be judged alike. */
const differences: readonly Difference[] = [
  {
    why: 'must-understand lifts no-store for a known status, and forbids an unknown one (5.2.2.3): not known to it',
    applies: (exchange) => said(exchange).includes('must-understand'),
  },
  {
    why: 'private="x" and no-cache="x" are about these fields only (5.2.2.4, 5.2.2.7): it takes the whole answer',
    applies: (exchange, our) => our.storable && /(private|no-cache)="/.test(said(exchange)),
  },
  {
    why: 'a comma inside a quoted string ends nothing (RFC 9110 section 5.6.4): it reads max-age=9 from such an extension',
    applies: (exchange, _our, their) => said(exchange).includes('x-ext=') && their.ttlS <= 9,
  },
  {
    why: 'Vary: * can match no other request (4.1), so we do not store it: it stores it, never to be used',
    applies: (exchange, our, their) => field(exchange, 'vary') === '*' && !our.storable && their.ttlS === 0,
  },
  {
    why: 'we do not keep what can neither be served, fresh or stale, nor validated: it keeps what is not forbidden',
    applies: (exchange, our, their) =>
      !our.storable && their.storable && their.ttlS === 0 && !('etag' in exchange.response),
  },
  {
    why: 'any final status with explicit freshness may be stored (3): it has a list',
    applies: (exchange, our, their) =>
      our.storable && !their.storable && explicit(exchange) && [299, 418, 500, 503].includes(exchange.status),
  },
  {
    why: 'public makes any status cacheable, if only by the heuristic (3, 4.2.2): it has a list',
    applies: (exchange, our, their) =>
      our.storable && !their.storable && said(exchange).includes('public') && exchange.status >= 299,
  },
  {
    why: 'a stored answer may have Set-Cookie as far as the RFC goes: it gives such a one no freshness unless public',
    applies: (exchange, our, their) =>
      field(exchange, 'set-cookie') !== undefined && their.ttlS === 0 && our.ttlS > 0,
  },
  {
    why: 'proxy-revalidate is about stale answers (5.2.2.8): it takes the lifetime for 0',
    applies: (exchange, _our, their) => said(exchange).includes('proxy-revalidate') && their.ttlS === 0,
  },
  {
    why: 'immutable gives no lifetime (RFC 8246): it takes a day where there is no explicit one',
    applies: (exchange, our, their) => said(exchange).includes('immutable') && their.ttlS > our.ttlS,
  },
  {
    why: 'the age counts from Date as well (4.2.3): it looks at Age alone',
    applies: (exchange, our, their) => isDate(field(exchange, 'date')) && our.ttlS < their.ttlS,
  },
  {
    why: 'Pragma means nothing in an answer (5.4): it reads no-cache from it',
    applies: (exchange, our, their) =>
      field(exchange, 'pragma') !== undefined && their.ttlS === 0 && our.ttlS > 0,
  },
  {
    why: 'a time that is repeated with another value, or is no number, means stale (4.2.1): it takes what it can read',
    applies: (exchange, our, their) =>
      our.ttlS < their.ttlS &&
      (/(max-?age)=.*\1=/.test(said(exchange)) || /age=(1x|-5|")/.test(said(exchange))),
  },
]

const seconds = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('60', '3600', '060') },
  { weight: 1, arbitrary: fc.constantFrom('0', '1x', '-5', '"60"') },
)
const directive = fc.oneof(
  { weight: 3, arbitrary: seconds.map((value) => `max-age=${value}`) },
  { weight: 2, arbitrary: seconds.map((value) => `s-maxage=${value}`) },
  { weight: 2, arbitrary: fc.constantFrom('public', 'must-revalidate', 'proxy-revalidate', 'immutable') },
  { weight: 1, arbitrary: fc.constantFrom('private', 'no-store', 'no-cache', 'must-understand') },
  { weight: 1, arbitrary: fc.constantFrom('private="x-one"', 'no-cache="x-two"', 'x-ext="a, max-age=9"') },
  { weight: 1, arbitrary: fc.constantFrom('stale-while-revalidate=60', 'stale-if-error=60') },
)
const date = fc
  .constantFrom(-7200, -100, 0, 100, 7200)
  .map((offsetS) => formatHttpDate(startMs + offsetS * 1000))
/** Present in one of four: else hardly any answer would be fresh. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const directives = fc.array(directive, { minLength: 1, maxLength: 4 }).map((all) => all.join(', '))
const exchanges: fc.Arbitrary<Exchange> = fc
  .record({
    request: fc.record({
      authorization: rarely(fc.constant('Bearer x')),
      'cache-control': rarely(fc.constantFrom('no-store', 'max-age=5')),
    }),
    status: fc.constantFrom(200, 200, 200, 200, 204, 206, 299, 301, 302, 307, 404, 410, 418, 500, 503),
    response: fc.record({
      'cache-control': fc.option(directives, { freq: 3, nil: undefined }),
      date: rarely(date),
      expires: rarely(fc.oneof(date, fc.constant('0'))),
      'last-modified': rarely(date),
      age: rarely(fc.constantFrom('0', '30', '99999', 'x')),
      etag: fc.option(fc.constant('"v1"'), { nil: undefined }),
      'set-cookie': rarely(fc.constant('a=1')),
      pragma: rarely(fc.constant('no-cache')),
      vary: rarely(fc.constantFrom('accept', '*')),
    }),
  })
  .map(({ request, status, response }) => ({
    request: present(request),
    status,
    response: present(response),
  }))

function present(fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

describe('against http-cache-semantics', () => {
  const seen = new Map<string, number>()
  const realNow = Date.now
  afterAll(() => {
    Date.now = realNow
  })

  it('judges storing and freshness alike, or differs for a known reason', () => {
    Date.now = () => startMs
    try {
      fc.assert(
        fc.property(exchanges, (exchange) => {
          const [our, their] = [ours(exchange), theirs(exchange)]
          if (our.storable === their.storable && our.ttlS === their.ttlS) {
            seen.set('alike', (seen.get('alike') ?? 0) + 1)
            return
          }
          const reason = differences.find(({ applies }) => applies(exchange, our, their))
          if (reason === undefined) expect(our).toEqual(their)
          else seen.set(reason.why, (seen.get(reason.why) ?? 0) + 1)
        }),
        { numRuns: 4000, seed: 9111 },
      )
    } finally {
      Date.now = realNow
    }
  })

  it('agrees on most, and has a case for every known reason', () => {
    expect(seen.get('alike')).toBeGreaterThan(2000)
    for (const { why } of differences) expect(seen.get(why) ?? 0, why).toBeGreaterThan(0)
  })
})

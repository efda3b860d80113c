import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKit, settle } from './testing/edge-test-kit.ts'

/** What the origin says of its answer: RFC 9111 in as few words as possible. */
interface Policy {
  /** `undefined`: no word about it. */
  maxAgeS: number | undefined
  swrS: number
  sieS: number
  flag: '' | 'no-store' | 'no-cache' | 'private' | 'must-revalidate' | 's-maxage'
  etag: boolean
}

interface Step {
  method: 'GET' | 'POST'
  waitS: number
  asks: '' | 'no-cache' | 'only-if-cached' | 'max-age=5' | 'no-store'
  policy: Policy
  /** Before the step: the origin has another version. */
  changes: boolean
  fails: boolean
}

interface Stored extends Policy {
  version: number
  atMs: number
}

const policies: fc.Arbitrary<Policy> = fc.record({
  maxAgeS: fc.constantFrom(undefined, 0, 10, 10, 30),
  swrS: fc.constantFrom(0, 0, 20),
  sieS: fc.constantFrom(0, 0, 40),
  flag: fc.constantFrom('', '', '', 'no-store', 'no-cache', 'private', 'must-revalidate', 's-maxage'),
  etag: fc.boolean(),
})
const steps: fc.Arbitrary<Step> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'POST'),
  waitS: fc.constantFrom(0, 0, 1, 4, 8, 15, 25, 60, -5, -60),
  asks: fc.constantFrom('', '', '', '', 'no-cache', 'only-if-cached', 'max-age=5', 'no-store'),
  policy: policies,
  changes: fc.boolean(),
  fails: fc.nat(5).map((number) => number === 0),
})

function cacheControlOf({ maxAgeS, swrS, sieS, flag }: Policy): string {
  const words = [
    maxAgeS === undefined ? '' : `max-age=${maxAgeS}`,
    swrS === 0 ? '' : `stale-while-revalidate=${swrS}`,
    sieS === 0 ? '' : `stale-if-error=${sieS}`,
    flag === 's-maxage' ? 's-maxage=10' : flag,
  ]
  return words.filter((word) => word !== '').join(', ')
}

/** The cache in front of one URL, without bytes, concurrency or eviction: what RFC 9111 and RFC 5861 say, read aloud. */
class Model {
  #stored: Stored | undefined

  /** What the caller is given, how often the origin is asked, and what is stored then. */
  step(step: Step, version: number, nowMs: number): { gives: number | 'error' | 'none'; asked: number } {
    if (step.method === 'POST') {
      if (!step.fails) this.#stored = undefined
      return { gives: step.fails ? 'error' : version, asked: 1 }
    }
    const stored = this.#stored
    if (stored !== undefined) {
      const { ageS, ttlS } = this.#timesOf(stored, nowMs)
      const mayServe = stored.flag !== 'no-cache' && step.asks !== 'no-cache'
      const youngEnough = step.asks !== 'max-age=5' || ageS <= 5
      if (mayServe && youngEnough && ttlS > 0) return { gives: stored.version, asked: 0 }
      if (mayServe && youngEnough && -ttlS < this.#staleS(stored, stored.swrS)) {
        const gives = stored.version
        // Behind the caller's back, without its wishes.
        this.#ask({ ...step, asks: '' }, version, nowMs)
        return { gives, asked: 1 }
      }
    }
    if (step.asks === 'only-if-cached') return { gives: 'none', asked: 0 }
    return { gives: this.#ask(step, version, nowMs), asked: 1 }
  }

  #ask(step: Step, version: number, nowMs: number): number | 'error' {
    const stored = this.#stored
    if (step.fails) {
      // A failure replaces nothing; what the origin allows on errors is given to whoever asked.
      if (stored === undefined) return 'error'
      const windowS = this.#staleS(stored, stored.sieS)
      return windowS > 0 && -this.#timesOf(stored, nowMs).ttlS <= windowS ? stored.version : 'error'
    }
    // A 304 brings new words about the old bytes, or none: then the old ones stand. Their validator stays.
    const validated = stored !== undefined && stored.etag && stored.version === version
    const said = validated && cacheControlOf(step.policy) === '' ? stored : step.policy
    const fresh: Stored = { ...said, etag: step.policy.etag || validated, version, atMs: nowMs }
    const lifetimeS = this.#lifetimeS(fresh)
    const useful =
      (fresh.flag !== 'no-cache' && lifetimeS > 0) ||
      this.#staleS(fresh, fresh.swrS) > 0 ||
      this.#staleS(fresh, fresh.sieS) > 0 ||
      fresh.etag
    const allowed = fresh.flag !== 'no-store' && fresh.flag !== 'private'
    // A client's no-store keeps its own answer out, and takes nothing away.
    if (step.asks === 'no-store') return version
    this.#stored = allowed && useful ? fresh : undefined
    return version
  }

  #lifetimeS({ flag, maxAgeS }: Policy): number {
    return flag === 's-maxage' ? 10 : (maxAgeS ?? 0)
  }

  #staleS({ flag }: Policy, windowS: number): number {
    return flag === 'must-revalidate' || flag === 's-maxage' || flag === 'no-cache' ? 0 : windowS
  }

  #timesOf(stored: Stored, nowMs: number): { ageS: number; ttlS: number } {
    const setBackS = (stored.atMs - nowMs) / 1000
    const ageS = setBackS > 10 ? Number.POSITIVE_INFINITY : Math.max(0, -setBackS)
    return { ageS, ttlS: this.#lifetimeS(stored) - ageS }
  }
}

it('does what a small model of RFC 9111 does, over random histories', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 14 }), async (history) => {
      let version = 1
      let step: Step | undefined
      const { get, calls, clock } = createKit(
        ({ request }) => {
          const { policy, fails } = step as Step
          if (fails) return new Response('failed', { status: 500 })
          const headers: Record<string, string> = { date: new Date(clock.nowMs).toUTCString() }
          const cacheControl = cacheControlOf(policy)
          if (cacheControl !== '') headers['cache-control'] = cacheControl
          if (request.headers.get('if-none-match') === `"${version}"`)
            return new Response(null, { status: 304, headers })
          if (policy.etag) headers['etag'] = `"${version}"`
          return new Response(String(version), { headers })
        },
        { refreshRetryMs: 0 },
      )
      const model = new Model()
      for (step of history) {
        if (step.changes) version += 1
        clock.advanceS(step.waitS)
        const before = calls.length
        const expected = model.step(step, version, clock.nowMs)
        const headers: Record<string, string> = step.asks === '' ? {} : { 'cache-control': step.asks }
        const response = await get('/a', step.method === 'GET' ? headers : {}, { method: step.method })
        const text = await response.text()
        await settle()
        const gives = response.status === 500 ? 'error' : response.status === 504 ? 'none' : Number(text)
        expect({ gives, asked: calls.length - before }).toEqual(expected)
      }
    }),
    { numRuns: 2000, seed: 9111 },
  )
})

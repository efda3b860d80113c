import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { DarkroomError } from '../errors.ts'

/** The few methods of a `pg.Pool` that the limiter uses. */
export interface LimiterPool {
  query(query: { name?: string; text: string; values?: unknown[] }): Promise<unknown>
}

/** How much is left, as the `RateLimit` fields say it (draft-ietf-httpapi-ratelimit-headers-10). */
export type RateLimitHeaders = Readonly<Record<'ratelimit' | 'ratelimit-policy', string>>

/** Requests a minute, counted for all gateways together. */
export interface RateLimits {
  /**
   * Counts one request.
   * @returns the headers of its answer; `undefined` where nothing is limited
   * @throws DarkroomError too_many_requests
   */
  count(owner: string, perMinute: number | undefined): Promise<RateLimitHeaders | undefined>
}

const windowS = 60

/** @param perMinute for those who have no number of their own; 0: no limit */
export function createRateLimits(options: { pool: LimiterPool; perMinute: number }): RateLimits {
  // One counter a window, whatever the limit: limits differ by key, and a key may be given another one.
  const limiter = new RateLimiterPostgres({
    storeClient: options.pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix: '',
    points: Number.MAX_SAFE_INTEGER,
    duration: windowS,
    // A timer of its own that never stops: rows are few, one for each key that is in use.
    clearExpiredByTimeout: false,
  })
  return {
    count: async (owner, own) => {
      const limit = own ?? options.perMinute
      if (limit === 0) return undefined
      const used = await consume(limiter, owner)
      const remaining = Math.max(0, limit - used.consumedPoints)
      const resetS = Math.max(1, Math.ceil(used.msBeforeNext / 1000))
      const headers: RateLimitHeaders = {
        'ratelimit-policy': `"requests";q=${limit};w=${windowS}`,
        ratelimit: `"requests";r=${remaining};t=${resetS}`,
      }
      if (used.consumedPoints <= limit) return headers
      throw new DarkroomError(
        'too_many_requests',
        `At most ${limit} requests a minute are answered here; ask again in ${resetS} s.`,
        { retryAfterS: resetS, headers },
      )
    },
  }
}

/** The library rejects with its result where a limit is exceeded, and with an error where it could not count. */
async function consume(limiter: RateLimiterPostgres, owner: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(owner)
  } catch (error) {
    if (error instanceof RateLimiterRes) return error
    throw error
  }
}

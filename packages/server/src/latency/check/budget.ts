import { percentile } from './percentiles.ts'
import type { CacheClass, Sample } from './sample.ts'
import { cacheClasses } from './sample.ts'

/** One limit: `p99=50ms`, `ttfb.p50=5ms`, `hit.p99=5ms`, `hit.ttfb.p99.9=20ms`. */
export interface Limit {
  /** As it was written, without the limit: `hit.ttfb.p99`. */
  name: string
  cacheClass: CacheClass | undefined
  of: 'total' | 'ttfb'
  share: number
  limitMs: number
}

/** A limit and what was measured. */
export interface Verdict {
  name: string
  limitMs: number
  /** `undefined`: there was nothing of that kind, so it is not met. */
  actualMs: number | undefined
  met: boolean
}

const limitPattern =
  /^(?:(?<cacheClass>[a-z]+)\.)??(?:(?<of>ttfb|total)\.)?p(?<percent>\d{1,2}(?:\.\d{1,3})?)\s*(?:=|<=|≤)\s*(?<value>\d+(?:\.\d+)?)\s*(?<unit>ms|s)?$/u

/** Parses limits that commas separate; `undefined` and the part at fault where one is none. */
export function parseBudget(text: string): { limits: Limit[] } | { fault: string } {
  const limits: Limit[] = []
  for (const part of text.split(',').map((piece) => piece.trim())) {
    const limit = parseLimit(part)
    if (limit === undefined) return { fault: part }
    limits.push(limit)
  }
  return { limits }
}

function parseLimit(part: string): Limit | undefined {
  const groups = limitPattern.exec(part)?.groups
  if (groups === undefined) return undefined
  const { cacheClass, of = 'total', percent, value, unit = 'ms' } = groups
  const known = cacheClasses.find((name) => name === cacheClass)
  if (cacheClass !== undefined && known === undefined) return undefined
  const share = Number(percent) / 100
  if (share <= 0) return undefined
  return {
    name: part.replace(/\s*(?:=|<=|≤).*$/u, ''),
    cacheClass: known,
    of: of === 'ttfb' ? 'ttfb' : 'total',
    share,
    limitMs: Number(value) * (unit === 's' ? 1000 : 1),
  }
}

export function judge(limits: readonly Limit[], samples: readonly Sample[]): Verdict[] {
  return limits.map(({ name, cacheClass, of, share, limitMs }) => {
    const sorted = samples
      .filter((sample) => cacheClass === undefined || sample.cacheClass === cacheClass)
      .map((sample) => (of === 'ttfb' ? sample.ttfbMs : sample.totalMs))
      .toSorted((a, b) => a - b)
    const actualMs = sorted.length === 0 ? undefined : percentile(sorted, share)
    return { name, limitMs, actualMs, met: actualMs !== undefined && actualMs <= limitMs }
  })
}

import { expect, test } from 'vitest'
import { cacheClassOf } from './sample.ts'

test.each([
  [{ 'cache-status': 'darkroom; hit; ttl=3402' }, 'hit'],
  [{ 'cache-status': 'darkroom; hit; ttl=-12' }, 'stale'],
  [{ 'cache-status': 'darkroom; fwd=uri-miss; stored; collapsed; key="a"' }, 'collapsed'],
  [{ 'cache-status': 'darkroom; fwd=uri-miss; stored' }, 'miss'],
  [{ 'cache-status': 'darkroom; fwd=uri-miss, Fastly; hit' }, 'hit'],
  [{ 'cache-status': 'darkroom; hit; ttl=0', 'x-cache-status': 'STALE' }, 'stale'],
  [{ 'x-cache-status': 'HIT' }, 'hit'],
  [{ 'x-cache-status': 'MISS' }, 'miss'],
  [{ 'cf-cache-status': 'DYNAMIC' }, 'miss'],
  [{ 'cf-cache-status': 'UPDATING' }, 'stale'],
  [{ 'x-cache': 'Hit from cloudfront' }, 'hit'],
  [{ 'x-cache': 'Miss from cloudfront' }, 'miss'],
  [{}, 'unknown'],
  [{ 'cache-status': '' }, 'unknown'],
])('%j is a %s', (headers, cacheClass) => {
  expect(cacheClassOf(headers)).toBe(cacheClass)
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startMs } from '../testing/edge-test-kit.ts'
import type { StoredOptions } from './edge-store.contract.ts'
import { describeEdgeStore, has as isIn, primaryKey, putNow, testDomain } from './edge-store.contract.ts'
import { purgeNames } from './edge-store.ts'
import type { Expiring } from './expiry-heap.ts'
import { ExpiryHeap } from './expiry-heap.ts'
import { HeaderPool } from './header-pool.ts'
import { createMemoryEdgeStore } from './memory-edge-store.ts'

const objectBytes = 10_000

/** A store whose slices of reclaiming run when the test says so. */
function createStore(maxBytes: number) {
  const clock = { nowMs: startMs }
  const tasks: (() => void)[] = []
  const store = createMemoryEdgeStore({
    maxBytes,
    now: () => clock.nowMs,
    schedule: (task) => void tasks.push(task),
  })
  const put = (key: string, options: StoredOptions & { tags?: string[] } = {}): boolean =>
    putNow(store, key, { bytes: objectBytes, ...options })
  const has = (key: string): boolean => isIn(store, key)
  /** Runs one slice; false when there was none. */
  const slice = (): boolean => {
    const task = tasks.shift()
    task?.()
    return task !== undefined
  }
  return { store, clock, put, has, slice }
}

describeEdgeStore('memory', () => {
  const { store, slice } = createStore(1e9)
  return { store, reclaim: slice }
})

const hard = { soft: false, nowMs: startMs }

describe('room', () => {
  it('is never exceeded, and what was asked for again outlives what was not', () => {
    const { store, put, has } = createStore(10 * (objectBytes + 1400))
    put('loved')
    for (let index = 0; index < 100; index += 1) {
      const [entry] = store.get(primaryKey('loved'))
      if (entry !== undefined) store.touch(entry)
      put(`once-${index}`)
      expect(store.stats().bytes).toBeLessThanOrEqual(store.stats().maxBytes)
    }
    expect(has('loved')).toBe(true)
    expect(store.stats().objects).toBe(10)
    expect(store.stats().evictions).toBe(91)
  })

  it('is made by what has expired first, however often that was asked for', () => {
    const { store, clock, put, has } = createStore(3 * (objectBytes + 1400))
    put('short', { lifetimeS: 10 })
    put('long')
    put('longer')
    for (const entry of store.get(primaryKey('short'))) store.touch(entry)
    clock.nowMs += 10_000
    put('new')
    expect(['short', 'long', 'longer', 'new'].map(has)).toEqual([false, true, true, true])
  })

  it('is not made for what never fits', () => {
    const { store, put, has } = createStore(objectBytes)
    put('small', { bytes: 10 })
    expect(put('large')).toBe(false)
    expect([has('small'), store.stats().objects]).toEqual([true, 1])
  })

  it('holds one answer for each variant, and a bounded number of variants', () => {
    const { store, put } = createStore(1e9)
    put('a', { varyKey: '1' })
    put('a', { varyKey: '1' })
    expect(store.get(primaryKey('a'))).toHaveLength(1)
    for (let index = 0; index < 200; index += 1) put('a', { varyKey: String(index), bytes: 10 })
    expect(store.get(primaryKey('a'))).toHaveLength(64)
    expect(store.get(primaryKey('a'))[0]?.response.varyKey).toBe('199')
    expect(store.stats().objects).toBe(64)
  })

  it('refuses a size that is none', () => {
    for (const maxBytes of [0, -1, Number.NaN])
      expect(() => createMemoryEdgeStore({ maxBytes })).toThrow(RangeError)
  })
})

describe('purging many', () => {
  it('touches nothing at once, and reclaims in bounded slices afterwards', () => {
    const { store, put, has, slice } = createStore(1e9)
    for (let index = 0; index < 10_000; index += 1)
      put(`k${index}`, { tags: [index % 2 === 0 ? 'even' : 'odd'], bytes: 1 })
    expect(store.purge([purgeNames.tag(testDomain, 'even')], hard)).toBe(5000)
    // All are still held: the purge itself did not visit them. Yet none is found.
    expect(store.stats().objects).toBe(10_000)
    expect([has('k1'), has('k2')]).toEqual([true, false])
    let before = store.stats().objects
    let slices = 0
    while (slice()) {
      slices += 1
      expect(before - store.stats().objects).toBeLessThanOrEqual(2000)
      before = store.stats().objects
    }
    expect(store.stats().objects).toBe(5000)
    expect(slices).toBeGreaterThan(3)
    expect(store.purge([purgeNames.tag(testDomain, 'even')], hard)).toBe(0)
  })

  it('starts over for a purge that comes while it reclaims', () => {
    const { store, put, slice } = createStore(1e9)
    for (let index = 0; index < 6000; index += 1)
      put(`k${index}`, { tags: [index < 3000 ? 'old' : 'new'], bytes: 1 })
    store.purge([purgeNames.tag(testDomain, 'new')], hard)
    slice()
    slice()
    store.purge([purgeNames.tag(testDomain, 'old')], hard)
    while (slice());
    expect([store.stats().objects, store.stats().bytes]).toEqual([0, 0])
  })
})

it('finds what expires first among any insertions and removals', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean())), (steps) => {
      const heap = new ExpiryHeap<Expiring>()
      const inside: Expiring[] = []
      for (const [uselessAtMs, remove] of steps) {
        if (remove && inside.length > 0) {
          const [item] = inside.splice(uselessAtMs % inside.length, 1)
          if (item !== undefined) heap.remove(item)
        } else {
          const item = { uselessAtMs, heapIndex: -1 }
          inside.push(item)
          heap.add(item)
        }
        expect(heap.first?.uselessAtMs).toBe(
          inside.length === 0 ? undefined : Math.min(...inside.map((each) => each.uselessAtMs)),
        )
      }
    }),
  )
})

it('keeps one copy of equal header fields, and never more than so many', () => {
  const pool = new HeaderPool()
  const [first] = pool.headers([['content-type', 'image/jpeg']])
  const [again, other] = pool.headers([
    ['content-type', 'image/jpeg'],
    ['content-type', 'image/png'],
  ])
  expect(again).toBe(first)
  expect(other).toEqual(['content-type', 'image/png'])
  for (let index = 0; index < 5000; index += 1) pool.headers([['etag', `"${index}"`]])
  const [afresh] = pool.headers([['content-type', 'image/jpeg']])
  expect(afresh).toEqual(first)
  expect(afresh).not.toBe(first)
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fill } from '../tags/purge-epochs.ts'
import { startMs } from '../testing/edge-test-kit.ts'
import type { StoredResponse } from './edge-store.ts'
import { purgeNames } from './edge-store.ts'
import type { Expiring } from './expiry-heap.ts'
import { ExpiryHeap } from './expiry-heap.ts'
import { createMemoryEdgeStore } from './memory-edge-store.ts'

const objectBytes = 10_000

interface ResponseOptions {
  tags?: string[]
  varyKey?: string
  lifetimeS?: number
  bytes?: number
}

function namesOf(key: string, tags: readonly string[] = []): string[] {
  return [purgeNames.everywhere, `k${key}`, `u${key}`, ...tags]
}

function response(
  primaryKey: string,
  { varyKey = '', lifetimeS = 3600, bytes = objectBytes }: ResponseOptions = {},
): StoredResponse {
  return {
    primaryKey,
    status: 200,
    headers: [['etag', '"v1"']],
    body: new Uint8Array(bytes),
    varyNames: varyKey === '' ? [] : ['x'],
    varyKey,
    freshness: {
      lifetimeMs: lifetimeS * 1000,
      explicit: true,
      initialAgeMs: 0,
      responseTimeMs: startMs,
      alwaysValidate: false,
      staleAllowed: true,
      staleWhileRevalidateMs: 0,
      staleIfErrorMs: 0,
    },
    fillDurationMs: 1,
  }
}

/** A store whose slices of reclaiming run when the test says so. */
function createStore(maxBytes: number) {
  const clock = { nowMs: startMs }
  const tasks: (() => void)[] = []
  const store = createMemoryEdgeStore({
    maxBytes,
    now: () => clock.nowMs,
    schedule: (task) => void tasks.push(task),
  })
  const put = (key: string, options?: ResponseOptions): boolean => {
    const fill = store.beginFill()
    const stored = store.put(response(key, options), namesOf(key, options?.tags), fill)
    store.endFill(fill)
    return stored
  }
  const has = (key: string): boolean => store.get(key).length > 0
  /** Runs one slice; false when there was none. */
  const slice = (): boolean => {
    const task = tasks.shift()
    task?.()
    return task !== undefined
  }
  return { store, clock, put, has, slice }
}

const hard = { soft: false, nowMs: startMs }

describe('room', () => {
  it('is never exceeded, and what was asked for again outlives what was not', () => {
    const { store, put, has } = createStore(10 * (objectBytes + 1200))
    put('loved')
    for (let index = 0; index < 100; index += 1) {
      const [entry] = store.get('loved')
      if (entry !== undefined) store.touch(entry)
      put(`once-${index}`)
      expect(store.stats().bytes).toBeLessThanOrEqual(store.stats().maxBytes)
    }
    expect(has('loved')).toBe(true)
    expect(store.stats().objects).toBe(10)
    expect(store.stats().evictions).toBe(91)
  })

  it('is made by what has expired first, however often that was asked for', () => {
    const { store, clock, put, has } = createStore(3 * (objectBytes + 1200))
    put('short', { lifetimeS: 10 })
    put('long')
    put('longer')
    for (const entry of store.get('short')) store.touch(entry)
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
    expect(store.get('a')).toHaveLength(1)
    for (let index = 0; index < 200; index += 1) put('a', { varyKey: String(index), bytes: 10 })
    expect(store.get('a')).toHaveLength(64)
    expect(store.get('a')[0]?.response.varyKey).toBe('199')
    expect(store.stats().objects).toBe(64)
  })

  it('refuses a size that is none', () => {
    for (const maxBytes of [0, -1, Number.NaN])
      expect(() => createMemoryEdgeStore({ maxBytes })).toThrow(RangeError)
  })

  it('is empty after close, and stays so', () => {
    const { store, put } = createStore(1e9)
    put('a')
    store.close()
    expect([put('b'), store.stats().objects, store.stats().bytes]).toEqual([false, 0, 0])
  })
})

describe('purging many', () => {
  it('touches nothing at once, and reclaims in bounded slices afterwards', () => {
    const { store, put, has, slice } = createStore(1e9)
    for (let index = 0; index < 10_000; index += 1)
      put(`k${index}`, { tags: [index % 2 === 0 ? 'even' : 'odd'], bytes: 1 })
    expect(store.purge(['even'], hard)).toBe(5000)
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
    expect(store.purge(['even'], hard)).toBe(0)
  })

  it('starts over for a purge that comes while it reclaims', () => {
    const { store, put, slice } = createStore(1e9)
    for (let index = 0; index < 6000; index += 1)
      put(`k${index}`, { tags: [index < 3000 ? 'old' : 'new'], bytes: 1 })
    store.purge(['new'], hard)
    slice()
    slice()
    store.purge(['old'], hard)
    while (slice());
    expect([store.stats().objects, store.stats().bytes]).toEqual([0, 0])
  })
})

interface Held {
  key: string
  tags: string[]
  begun: number
}

it('agrees with a plain model about what is there, over random histories', () => {
  const keys = fc.constantFrom('a', 'b', 'c')
  const tags = fc.subarray(['t', 'v'])
  const step = fc.oneof(
    fc.record({ act: fc.constant('begin' as const), key: keys, tags }),
    fc.record({ act: fc.constant('finish' as const), index: fc.nat(5) }),
    fc.record({
      act: fc.constant('purge' as const),
      name: fc.constantFrom('t', 'v', '*', 'ka', 'ub'),
      soft: fc.boolean(),
    }),
    fc.record({ act: fc.constant('reclaim' as const) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { store, slice, has } = createStore(1e9)
      const open: (Held & { fill: Fill })[] = []
      const model = new Map<string, Held>()
      const purges: { name: string; soft: boolean; at: number }[] = []
      const hit = ({ key, tags, begun }: Held, soft: boolean): boolean =>
        purges.some(({ name, soft: s, at }) => s === soft && at > begun && namesOf(key, tags).includes(name))
      let time = 0
      for (const each of steps) {
        time += 1
        if (each.act === 'begin')
          open.push({ key: each.key, tags: each.tags, begun: time, fill: store.beginFill() })
        else if (each.act === 'reclaim') slice()
        else if (each.act === 'purge') {
          purges.push({ name: each.name, soft: each.soft, at: time })
          store.purge([each.name], { soft: each.soft, nowMs: startMs })
        } else {
          const [done] = open.splice(each.index, 1)
          if (done === undefined) continue
          const stored = store.put(response(done.key, { bytes: 1 }), namesOf(done.key, done.tags), done.fill)
          store.endFill(done.fill)
          expect(stored).toBe(!hit(done, false))
          if (stored) model.set(done.key, done)
        }
        for (const key of ['a', 'b', 'c']) {
          const entry = model.get(key)
          const there = entry !== undefined && !hit(entry, false)
          expect(has(key)).toBe(there)
          if (there) expect(store.get(key)[0]?.softPurgedAtMs !== undefined).toBe(hit(entry, true))
        }
      }
    }),
    { numRuns: 300 },
  )
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

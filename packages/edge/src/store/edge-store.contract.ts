import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fill } from '../tags/purge-epochs.ts'
import { startMs } from '../testing/edge-test-kit.ts'
import type { EdgeStore, StoredResponse } from './edge-store.ts'
import { primaryKeyOf, purgeNames } from './edge-store.ts'

/** An empty store, and what runs the work that it has put off, a step at a time; false: there was none. */
export interface EdgeStoreUnderTest {
  store: EdgeStore
  reclaim: () => boolean
}

/** What a contract test varies of a stored answer. */
export interface StoredOptions {
  varyKey?: string
  lifetimeS?: number
  bytes?: number
}

export const testDomain = 'shop'

export function primaryKey(key: string): string {
  return primaryKeyOf(testDomain, key)
}

export function storedResponse(
  key: string,
  { varyKey = '', lifetimeS = 3600, bytes = 10 }: StoredOptions = {},
): StoredResponse {
  return {
    primaryKey: primaryKey(key),
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

/** The names as the edge gives them: the URL is the key, as by default, or one that several keys share. */
export function namesOf(key: string, tags: readonly string[] = [], url: string = key): string[] {
  return [
    purgeNames.everywhere,
    purgeNames.domain(testDomain),
    purgeNames.key(testDomain, key),
    purgeNames.url(testDomain, url),
    ...tags.map((tag) => purgeNames.tag(testDomain, tag)),
  ]
}

/** Stores an answer of a fill that nothing raced with. */
export function putNow(
  store: EdgeStore,
  key: string,
  { tags, url, ...options }: StoredOptions & { tags?: readonly string[]; url?: string } = {},
): boolean {
  const fill = store.beginFill()
  const stored = store.put(storedResponse(key, options), namesOf(key, tags, url), fill)
  store.endFill(fill)
  return stored
}

export function has(store: EdgeStore, key: string): boolean {
  return store.get(primaryKey(key)).length > 0
}

const hard = { soft: false, nowMs: startMs }
const soft = { soft: true, nowMs: startMs + 5000 }

/** What every `EdgeStore` does. @param create an empty store of 100 MB at least */
export function describeEdgeStore(name: string, create: () => EdgeStoreUnderTest): void {
  describe(`${name}: the contract of stores`, () => {
    it('gives back what was put, the newest variant first, one for each', () => {
      const { store } = create()
      putNow(store, 'a', { varyKey: '1', bytes: 3 })
      putNow(store, 'a', { varyKey: '2' })
      putNow(store, 'a', { varyKey: '1', bytes: 4 })
      const held = store.get(primaryKey('a')).map(({ response }) => [response.varyKey, response.body.length])
      expect(held).toEqual([
        ['1', 4],
        ['2', 10],
      ])
      expect(store.get(primaryKey('a'))[0]?.response).toEqual(storedResponse('a', { varyKey: '1', bytes: 4 }))
      expect([store.stats().objects, has(store, 'b')]).toEqual([2, false])
    })

    it.each([
      ['its tag', purgeNames.tag(testDomain, 't'), ['a', 'b']],
      ['its key', purgeNames.key(testDomain, 'a'), ['a']],
      ['its URL, which is its key', purgeNames.url(testDomain, 'b'), ['b']],
      ['a URL that several keys share', purgeNames.url(testDomain, 'both'), ['c', 'd']],
      ['its domain', purgeNames.domain(testDomain), ['a', 'b', 'c', 'd']],
      ['everything', purgeNames.everywhere, ['a', 'b', 'c', 'd']],
      ['a URL that is the key of what has another', purgeNames.url(testDomain, 'c'), []],
      ['another domain', purgeNames.domain('other'), []],
      ['the tag of another domain', purgeNames.tag('other', 't'), []],
      ['a key that begins like its own', purgeNames.key(testDomain, 'a/b'), []],
    ])('a purge by %s hits what it names, softly and hard, at once and for good', (_what, purged, hit) => {
      for (const how of [soft, hard]) {
        const { store, reclaim } = create()
        putNow(store, 'a', { tags: ['t'] })
        putNow(store, 'b', { tags: ['t', 'u'] })
        putNow(store, 'c', { url: 'both' })
        putNow(store, 'd', { url: 'both' })
        expect(store.purge([purged], how)).toBe(hit.length)
        for (const when of ['at once', 'afterwards']) {
          for (const key of ['a', 'b', 'c', 'd']) {
            const [entry] = store.get(primaryKey(key))
            const isHit = hit.includes(key)
            expect([when, key, entry !== undefined], `${when} ${key}`).toEqual([
              when,
              key,
              how === soft || !isHit,
            ])
            if (how === soft) expect(entry?.softPurgedAtMs).toBe(isHit ? soft.nowMs : undefined)
          }
          while (reclaim());
        }
        expect(store.stats().objects).toBe(how === soft ? 4 : 4 - hit.length)
      }
    })

    it.each([
      ['tag', purgeNames.tag(testDomain, 't')],
      ['key', purgeNames.key(testDomain, 'a')],
      ['URL', purgeNames.url(testDomain, 'a')],
      ['domain', purgeNames.domain(testDomain)],
    ])('does not take for fresh what was begun before a purge by %s', (_what, purged) => {
      for (const how of [soft, hard]) {
        const { store } = create()
        const fill = store.beginFill()
        store.purge([purged], how)
        const later = store.beginFill()
        expect(store.isPurgedSince(namesOf('a', ['t']), fill)).toBe(how === hard)
        expect(store.put(storedResponse('a'), namesOf('a', ['t']), fill)).toBe(how === soft)
        expect(store.get(primaryKey('a'))[0]?.softPurgedAtMs).toBe(how === soft ? soft.nowMs : undefined)
        expect(store.put(storedResponse('a'), namesOf('a', ['t']), later)).toBe(true)
        expect(store.get(primaryKey('a'))[0]?.softPurgedAtMs).toBe(undefined)
        store.endFill(fill)
        store.endFill(later)
      }
    })

    it('keeps the time of the first soft purge', () => {
      const { store } = create()
      putNow(store, 'a', { tags: ['t'] })
      store.purge([purgeNames.tag(testDomain, 't')], { soft: true, nowMs: startMs + 2000 })
      store.purge([purgeNames.key(testDomain, 'a')], { soft: true, nowMs: startMs + 1000 })
      store.purge([purgeNames.key(testDomain, 'a')], { soft: true, nowMs: startMs + 9000 })
      expect(store.get(primaryKey('a'))[0]?.softPurgedAtMs).toBe(startMs + 1000)
    })

    it('forgets what is deleted, once', () => {
      const { store } = create()
      putNow(store, 'a', { tags: ['t'] })
      putNow(store, 'b')
      const [entry] = store.get(primaryKey('a'))
      for (let times = 0; times < 2; times += 1) if (entry !== undefined) store.delete(entry)
      expect([has(store, 'a'), store.stats().objects]).toEqual([false, 1])
      expect(store.purge([purgeNames.tag(testDomain, 't')], hard)).toBe(0)
    })

    it('is empty after close, and stays so', () => {
      const { store } = create()
      putNow(store, 'a')
      store.close()
      expect([putNow(store, 'b'), has(store, 'a'), has(store, 'b')]).toEqual([false, false, false])
      expect([store.stats().objects, store.stats().bytes]).toEqual([0, 0])
    })

    it('agrees with a plain model about what is there, over random histories', () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => agreesWithModel(create(), steps)),
        { numRuns: 300 },
      )
    })
  })
}

const keys = ['a', 'b', 'c']

const step = fc.oneof(
  fc.record({
    act: fc.constant('begin' as const),
    key: fc.constantFrom(...keys),
    tags: fc.subarray(['t', 'u']),
    url: fc.constantFrom('own', 'shared'),
  }),
  fc.record({ act: fc.constant('finish' as const), index: fc.nat(5) }),
  fc.record({
    act: fc.constant('purge' as const),
    name: fc.constantFrom(
      purgeNames.tag(testDomain, 't'),
      purgeNames.tag(testDomain, 'u'),
      purgeNames.key(testDomain, 'a'),
      purgeNames.url(testDomain, 'b'),
      purgeNames.url(testDomain, 'shared'),
      purgeNames.everywhere,
    ),
    soft: fc.boolean(),
  }),
  fc.record({ act: fc.constant('reclaim' as const) }),
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Held {
  key: string
  names: readonly string[]
  begun: number
}

/** The model: an answer is there unless a purge of one of its names came after its fill began. */
function agreesWithModel({ store, reclaim }: EdgeStoreUnderTest, steps: readonly Step[]): void {
  const open: (Held & { fill: Fill })[] = []
  const model = new Map<string, Held>()
  const purges: { name: string; soft: boolean; at: number }[] = []
  const isHit = ({ names, begun }: Held, bySoft: boolean): boolean =>
    purges.some((purge) => purge.soft === bySoft && purge.at > begun && names.includes(purge.name))
  let time = 0
  for (const each of steps) {
    time += 1
    if (each.act === 'begin') {
      const names = namesOf(each.key, each.tags, each.url === 'own' ? each.key : 'shared')
      open.push({ key: each.key, names, begun: time, fill: store.beginFill() })
    } else if (each.act === 'reclaim') reclaim()
    else if (each.act === 'purge') {
      purges.push({ name: each.name, soft: each.soft, at: time })
      store.purge([each.name], { soft: each.soft, nowMs: startMs })
    } else {
      const [done] = open.splice(each.index, 1)
      if (done === undefined) continue
      const stored = store.put(storedResponse(done.key), done.names, done.fill)
      store.endFill(done.fill)
      expect(stored).toBe(!isHit(done, false))
      if (stored) model.set(done.key, done)
    }
    for (const key of keys) {
      const entry = model.get(key)
      const there = entry !== undefined && !isHit(entry, false)
      expect(has(store, key)).toBe(there)
      if (there) expect(store.get(primaryKey(key))[0]?.softPurgedAtMs !== undefined).toBe(isHit(entry, true))
    }
  }
}

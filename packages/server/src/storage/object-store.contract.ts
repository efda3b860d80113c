import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DarkroomError } from '../errors.ts'
import type { ObjectStore } from './object-store.ts'

/** One empty store per test, and more openings of it, as other processes of the cluster would have. */
export interface ObjectStoreUnderTest {
  store: ObjectStore
  openAnother(): Promise<ObjectStore>
  dispose(): Promise<void>
}

export interface ObjectStoreContractOptions {
  /** Titles of cases that this adapter cannot pass, each with the reason, which is printed. */
  skips?: Readonly<Record<string, string>>
}

type Case = (underTest: ObjectStoreUnderTest) => Promise<void>

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const megabyte = 1_048_576

const refusedNames: readonly string[] = [
  '',
  '.',
  '..',
  '../x',
  'a/../b',
  'a/..',
  '/etc/passwd',
  'a//b',
  'a/',
  '/',
  'a\0b',
  'a\\b',
  '..\\x',
  'a b',
  'a%2e%2e',
  'ä',
  'a\n',
  '.hidden',
  'a/.hidden/b',
  'C:/x',
  'x'.repeat(300),
  `${'x/'.repeat(150)}x`,
]

async function codeOf(operation: () => Promise<unknown>): Promise<string> {
  try {
    await operation()
  } catch (error) {
    if (error instanceof DarkroomError) return error.code
    throw error
  }
  return 'no error'
}

async function listed(store: ObjectStore, prefix: string): Promise<string[]> {
  const names: string[] = []
  for await (const name of store.list(prefix)) names.push(name)
  return names.toSorted()
}

const cases: Readonly<Record<string, Case>> = {
  'returns the bytes that were put': async ({ store, openAnother }) => {
    const bytes = new Uint8Array(randomBytes(1000))
    expect(await store.put('objects/ab/one', bytes)).toEqual({ created: true })
    expect(await store.get('objects/ab/one')).toEqual(bytes)
    const other = await openAnother()
    expect(await other.get('objects/ab/one')).toEqual(bytes)
  },

  'answers undefined for what is missing': async ({ store }) => {
    await store.put('folder/object', text('x'))
    for (const name of ['nothing', 'folder/nothing', 'folder/object/below']) {
      expect(await store.get(name)).toBeUndefined()
      expect(await store.get(name, { range: { start: 0, end: 1 } })).toBeUndefined()
      expect(await store.head(name)).toBeUndefined()
    }
    expect(await store.get('folder')).toBeUndefined()
    expect(await store.head('folder')).toBeUndefined()
  },

  'leaves an object as it is when its name is put again': async ({ store }) => {
    await store.put('a/b', text('first'))
    expect(await store.put('a/b', text('second, and longer'))).toEqual({ created: false })
    expect(await store.get('a/b')).toEqual(text('first'))
    expect(await store.head('a/b')).toMatchObject({ sizeBytes: 5 })
  },

  'lets exactly one of two writers create, with its bytes whole': async ({ store, openAnother }) => {
    const other = await openAnother()
    for (let round = 0; round < 20; round += 1) {
      const [mine, theirs] = [new Uint8Array(65_537).fill(1), new Uint8Array(65_537).fill(2)]
      const name = `race/${round}`
      const [a, b] = await Promise.all([store.put(name, mine), other.put(name, theirs)])
      expect(a.created).not.toBe(b.created)
      expect(await store.get(name)).toEqual(a.created ? mine : theirs)
    }
  },

  'lets one of many writers create': async ({ store }) => {
    const attempts = Array.from(
      { length: 100 },
      async (_, index) => await store.put('many/same', text(`${index}`)),
    )
    const results = await Promise.all(attempts)
    const winner = results.findIndex(({ created }) => created)
    expect(results.filter(({ created }) => created)).toHaveLength(1)
    expect(await store.get('many/same')).toEqual(text(`${winner}`))
  },

  'takes many puts at once': async ({ store }) => {
    const names = Array.from({ length: 300 }, (_, index) => `burst/${index % 7}/${index}`)
    const results = await Promise.all(names.map(async (name) => await store.put(name, text(name))))
    expect(results.every(({ created }) => created)).toBe(true)
    expect(await listed(store, 'burst/')).toEqual(names.toSorted())
    expect(await store.get('burst/5/299')).toEqual(text('burst/5/299'))
  },

  'holds an empty object': async ({ store }) => {
    expect(await store.put('empty', new Uint8Array())).toEqual({ created: true })
    expect(await store.get('empty')).toEqual(new Uint8Array())
    expect(await store.head('empty')).toMatchObject({ sizeBytes: 0 })
    expect(await codeOf(async () => await store.get('empty', { range: { start: 0, end: 1 } }))).toBe(
      'invalid_range',
    )
  },

  'holds 8 MB': async ({ store }) => {
    const bytes = new Uint8Array(randomBytes(8 * megabyte))
    await store.put('large', bytes)
    const read = await store.get('large')
    expect(Buffer.from(read ?? []).equals(bytes)).toBe(true)
  },

  'never shows a reader a part of a write': async ({ store, openAnother }) => {
    const reader = await openAnother()
    const sizeBytes = 8 * megabyte
    let looks = 0
    let writing = true
    const sizes = new Set<number | undefined>()
    const looking = (async () => {
      do {
        const head = await reader.head('slow')
        sizes.add(head?.sizeBytes)
        if (head !== undefined)
          sizes.add((await reader.get('slow', { range: { start: 0, end: sizeBytes } }))?.byteLength)
        looks += 1
      } while (writing)
    })()
    await store.put('slow', new Uint8Array(sizeBytes).fill(7))
    writing = false
    await looking
    sizes.add((await reader.head('slow'))?.sizeBytes)
    expect(looks).toBeGreaterThan(1)
    expect([...sizes].filter((size) => size !== undefined)).toEqual([sizeBytes])
  },

  'reads ranges': async ({ store }) => {
    await store.put('digits', text('0123456789'))
    const range = async (start: number, end: number): Promise<string> =>
      new TextDecoder().decode(await store.get('digits', { range: { start, end } }))
    expect(await range(0, 1)).toBe('0')
    expect(await range(3, 7)).toBe('3456')
    expect(await range(0, 10)).toBe('0123456789')
    expect(await range(8, 1000)).toBe('89')
    for (const [start, end] of [
      [10, 11],
      [-1, 2],
      [3, 3],
      [5, 4],
      [0.5, 2],
      [0, Number.NaN],
    ] as const) {
      expect(await codeOf(async () => await range(start, end)), `${start}-${end}`).toBe('invalid_range')
    }
  },

  'tells size and age without reading': async ({ store }) => {
    await store.put('headed', text('12345'))
    const head = await store.head('headed')
    expect(head?.sizeBytes).toBe(5)
    expect(Number.isFinite(head?.lastModified.getTime())).toBe(true)
  },

  'deletes, and may create again': async ({ store, openAnother }) => {
    await store.put('gone/now', text('x'))
    expect(await store.delete('gone/now')).toBe(true)
    expect(await store.get('gone/now')).toBeUndefined()
    expect(await (await openAnother()).head('gone/now')).toBeUndefined()
    expect(await store.delete('gone/now')).toBe(false)
    expect(await store.delete('never/there')).toBe(false)
    expect(await store.put('gone/now', text('again'))).toEqual({ created: true })
    expect(await store.get('gone/now')).toEqual(text('again'))
  },

  'lists what is below a prefix': async ({ store }) => {
    for (const name of ['variants/a/1', 'variants/a/2', 'variants/ab/3', 'objects/x'])
      await store.put(name, text(name))
    expect(await listed(store, 'variants/')).toEqual(['variants/a/1', 'variants/a/2', 'variants/ab/3'])
    expect(await listed(store, 'variants/a/')).toEqual(['variants/a/1', 'variants/a/2'])
    expect(await listed(store, 'nothing/')).toEqual([])
    await store.delete('variants/a/1')
    expect(await listed(store, 'variants/a/')).toEqual(['variants/a/2'])
  },

  'refuses names that are none, in every operation': async ({ store }) => {
    for (const name of refusedNames) {
      const shown = JSON.stringify(name.slice(0, 20))
      expect(await codeOf(async () => await store.put(name, text('x'))), `put ${shown}`).toBe(
        'invalid_request',
      )
      expect(await codeOf(async () => await store.get(name)), `get ${shown}`).toBe('invalid_request')
      expect(await codeOf(async () => await store.head(name)), `head ${shown}`).toBe('invalid_request')
      expect(await codeOf(async () => await store.delete(name)), `delete ${shown}`).toBe('invalid_request')
      expect(await codeOf(async () => await listed(store, `${name}/`)), `list ${shown}`).toBe(
        'invalid_request',
      )
    }
    expect(await codeOf(async () => await listed(store, 'no-slash'))).toBe('invalid_request')
  },

  'does nothing for a signal that is aborted': async ({ store }) => {
    await store.put('there', text('x'))
    const reason = new Error('the caller left')
    const signal = AbortSignal.abort(reason)
    await expect(store.put('aborted', text('x'), { signal })).rejects.toBe(reason)
    await expect(store.get('there', { signal })).rejects.toBe(reason)
    await expect(store.head('there', { signal })).rejects.toBe(reason)
    expect(await store.head('aborted')).toBeUndefined()
  },

  'leaves nothing or all when a put is aborted half way': async ({ store }) => {
    const reason = new Error('the caller left')
    const bytes = new Uint8Array(8 * megabyte).fill(3)
    const controller = new AbortController()
    const putting = store.put('half', bytes, { signal: controller.signal })
    setImmediate(() => controller.abort(reason))
    const outcome = await putting.catch((error: unknown) => error)
    const head = await store.head('half')
    if (outcome === reason) expect(head).toBeUndefined()
    else expect([outcome, head?.sizeBytes]).toEqual([{ created: true }, bytes.byteLength])
    await store.put('half', bytes)
    expect((await store.head('half'))?.sizeBytes).toBe(bytes.byteLength)
  },

  'can be checked': async ({ store }) => {
    await store.check()
    await store.check()
    expect(await listed(store, 'objects/')).toEqual([])
  },
}

/**
 * What every `ObjectStore` keeps. Each adapter's test calls it with a factory of empty stores.
 */
export function describeObjectStoreContract(
  adapter: string,
  factory: () => Promise<ObjectStoreUnderTest>,
  { skips = {} }: ObjectStoreContractOptions = {},
): void {
  describe(`${adapter} as an object store`, () => {
    let underTest: ObjectStoreUnderTest

    beforeEach(async () => {
      underTest = await factory()
    })
    afterEach(async () => {
      await underTest.dispose()
    })

    for (const [title, run] of Object.entries(cases)) {
      const reason = skips[title]
      if (reason !== undefined) test.skip(`${title} (skipped: ${reason})`, () => {})
      else test(title, async () => await run(underTest))
    }

    test('is asked to skip only cases that exist', () => {
      expect(Object.keys(skips).filter((title) => !Object.hasOwn(cases, title))).toEqual([])
    })
  })
}

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import { createLedger } from '@darkroom/once'
import type { VariantSpec } from '@darkroom/picture'
import { inspectPicture, makeVariant, resolveVariant } from '@darkroom/picture'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFileObjectStore } from './file-object-store.ts'
import type { Objects } from './objects.ts'
import { createObjects } from './objects.ts'
import type { CountingStore } from './testing/counting-store.ts'
import { createCountingStore } from './testing/counting-store.ts'
import type { Variants, VariantsOptions } from './variants.ts'
import { createVariants } from './variants.ts'

const source = { widthPx: 300, heightPx: 200, format: 'png' } as const
const webp = resolveVariant(source, { format: 'webp', w: 120 })

let directory: string
let store: CountingStore
let objectHash: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'darkroom-variants-'))
  store = createCountingStore(createFileObjectStore({ directory }))
  objectHash = (await createObjects({ store, maxCacheBytes: 0 }).put(gradientPng())).hash
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

function gradientPng(): Uint8Array {
  const canvas = createCanvas(source.widthPx, source.heightPx)
  const context = canvas.getContext('2d')
  const gradient = context.createLinearGradient(0, 0, source.widthPx, source.heightPx)
  gradient.addColorStop(0, '#d04020')
  gradient.addColorStop(1, '#2040d0')
  context.fillStyle = gradient
  context.fillRect(0, 0, source.widthPx, source.heightPx)
  return new Uint8Array(canvas.toBuffer('image/png'))
}

interface Opened {
  objects: Objects
  variants: Variants
  /** The specs that were really encoded, in order. */
  encoded: VariantSpec[]
  /** The most encodes that ran at once. */
  mostAtOnce: () => number
}

/** A process of the cluster over the same store, with the real encoder counted. */
function open(options: Partial<VariantsOptions> & { beforeEncode?: () => Promise<void> } = {}): Opened {
  const objects = options.objects ?? createObjects({ store, maxCacheBytes: 1_000_000 })
  const encoded: VariantSpec[] = []
  let running = 0
  let most = 0
  const picture = {
    inspectPicture,
    makeVariant: async (...[bytes, spec, signal]: Parameters<typeof makeVariant>) => {
      encoded.push(spec)
      running += 1
      most = Math.max(most, running)
      try {
        await options.beforeEncode?.()
        return await makeVariant(bytes, spec, signal)
      } finally {
        running -= 1
      }
    },
  }
  const variants = createVariants({ picture, ...options, store: options.store ?? store, objects })
  return { objects, variants, encoded, mostAtOnce: () => most }
}

async function storedVariants(): Promise<string[]> {
  return await readdir(join(directory, 'variants', objectHash)).catch(() => [])
}

test('encodes once for a hundred who ask at once', async () => {
  const { variants, encoded } = open()
  store.counts.get = 0
  const asks = Array.from({ length: 100 }, async () => await variants.get(objectHash, webp, source))
  const results = await Promise.all(asks)
  expect(encoded).toEqual([webp])
  // One look for the variant, one read of the object.
  expect(store.counts.get).toBe(2)
  expect(results.filter(({ how }) => how === 'ran')).toHaveLength(1)
  expect(results.filter(({ how }) => how === 'joined')).toHaveLength(99)
  expect(new Set(results.map(({ hash }) => hash)).size).toBe(1)
  const [first] = results
  expect(first).toMatchObject({ widthPx: 120, heightPx: 80, format: 'webp' })
  expect(await inspectPicture(first?.bytes ?? new Uint8Array())).toMatchObject({
    widthPx: 120,
    heightPx: 80,
    format: 'webp',
  })
})

test('answers the next ask from memory, and after a restart from the store, with the same ETag and size', async () => {
  const before = open()
  const made = await before.variants.get(objectHash, webp, source)
  const { hash, widthPx, heightPx, format } = made
  const asCached = { hash, widthPx, heightPx, format, how: 'cached' }
  expect(await before.variants.get(objectHash, webp, source)).toMatchObject(asCached)
  const after = open()
  expect(await after.variants.get(objectHash, webp, source)).toMatchObject(asCached)
  expect(await after.variants.get(objectHash, webp, source)).toMatchObject(asCached)
  expect([before.encoded.length, after.encoded.length]).toEqual([1, 0])
})

test('answers an ask that changes nothing with the object itself', async () => {
  const { variants, objects, encoded } = open()
  const itself = await variants.get(objectHash, resolveVariant(source, {}), source)
  expect(itself).toMatchObject({ hash: objectHash, ...source, how: 'cached' })
  expect(objects.hashOf(itself.bytes)).toBe(objectHash)
  expect(encoded).toEqual([])
  expect(await storedVariants()).toEqual([])
})

test('encodes also what changes nothing when the object cannot be delivered as it is', async () => {
  const { variants, encoded } = open()
  const spec = resolveVariant(source, {})
  expect(await variants.get(objectHash, spec)).toMatchObject({ format: 'png', how: 'ran' })
  expect(encoded).toEqual([spec])
})

test('makes each of several variants once, at most two at a time', async () => {
  const { variants, encoded, mostAtOnce } = open()
  const specs = [40, 60, 80, 100, 140].map((w) => resolveVariant(source, { format: 'jpeg', w }))
  const asks = [...specs, ...specs].map(async (spec) => await variants.get(objectHash, spec, source))
  const results = await Promise.all(asks)
  expect(encoded).toHaveLength(specs.length)
  expect(mostAtOnce()).toBe(2)
  expect(results.map(({ widthPx }) => widthPx)).toEqual([40, 60, 80, 100, 140, 40, 60, 80, 100, 140])
  expect(await storedVariants()).toHaveLength(specs.length)
})

test('serves the bytes of the process that was first, so that one URL has one ETag', async () => {
  const first = open()
  const made = await first.variants.get(objectHash, webp, source)
  const [name] = await storedVariants()
  const path = join(directory, 'variants', objectHash, name ?? '')
  // The other process looks before the first has stored, and encodes to other bytes.
  await rm(path)
  const second = open({
    picture: {
      inspectPicture,
      makeVariant: async (bytes, spec) => {
        await writeFile(path, made.bytes)
        return await makeVariant(bytes, { ...spec, quality: 5 })
      },
    },
  })
  expect(await second.variants.get(objectHash, webp, source)).toMatchObject({ hash: made.hash })
})

test('makes a damaged variant anew, and says so in the log', async () => {
  const made = await open().variants.get(objectHash, webp, source)
  const [name] = await storedVariants()
  await writeFile(join(directory, 'variants', objectHash, name ?? ''), 'no picture')
  const logged: object[] = []
  const { variants, encoded } = open({ log: { error: (fields) => logged.push(fields) } })
  expect(await variants.get(objectHash, webp, source)).toMatchObject({ hash: made.hash, how: 'ran' })
  expect([encoded.length, logged.length]).toEqual([1, 1])
  expect(await open().variants.get(objectHash, webp, source)).toMatchObject({ how: 'cached' })
})

test('ends the encode of a caller that left, and keeps it', async () => {
  const begun = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const { variants, encoded } = open({
    beforeEncode: async () => {
      begun.resolve()
      await goOn.promise
    },
  })
  const controller = new AbortController()
  const reason = new Error('left')
  const leaving = variants.get(objectHash, webp, source, { signal: controller.signal })
  await begun.promise
  controller.abort(reason)
  await expect(leaving).rejects.toBe(reason)
  const joining = variants.get(objectHash, webp, source)
  goOn.resolve()
  expect((await joining).how).toBe('joined')
  expect(encoded).toHaveLength(1)
})

test('deletes the variants of one object, and no others', async () => {
  const { variants, objects } = open()
  const canvas = createCanvas(50, 50)
  const other = await objects.put(new Uint8Array(canvas.toBuffer('image/png')))
  const square = { widthPx: 50, heightPx: 50, format: 'png' } as const
  const jpeg = resolveVariant(square, { format: 'jpeg' })
  await variants.get(objectHash, webp, source)
  await variants.get(objectHash, resolveVariant(source, { format: 'jpeg' }), source)
  await variants.get(other.hash, jpeg, square)
  await objects.delete(objectHash)
  await variants.deleteAllOf(objectHash)
  expect(await storedVariants()).toEqual([])
  await expect(variants.get(objectHash, webp, source)).rejects.toMatchObject({ code: 'not_found' })
  await expect(variants.get(objectHash, resolveVariant(source, {}), source)).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(await variants.get(other.hash, jpeg, square)).toMatchObject({ how: 'cached' })
  await variants.deleteAllOf(objectHash)
})

test('leaves no variant behind of a picture that is taken down while it is made', async () => {
  const begun = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const { variants } = open({
    beforeEncode: async () => {
      begun.resolve()
      await goOn.promise
    },
  })
  const making = variants.get(objectHash, webp, source)
  await begun.promise
  // Another process takes it down.
  const other = open()
  await other.objects.delete(objectHash)
  await other.variants.deleteAllOf(objectHash)
  goOn.resolve()
  await expect(making).rejects.toMatchObject({ code: 'not_found' })
  expect(await storedVariants()).toEqual([])
})

test('counts encodes in the ledger, and what was spared', async () => {
  const ledger = createLedger()
  const { variants } = open({ ledger })
  await Promise.all([variants.get(objectHash, webp, source), variants.get(objectHash, webp, source)])
  await variants.get(objectHash, webp, source)
  await open({ ledger }).variants.get(objectHash, webp, source)
  const rows = ledger
    .snapshot()
    .rows.map(({ kind, axis, ran, joined, cached }) => ({ kind, axis, ran, joined, cached }))
  expect(rows).toEqual([
    { kind: 'variant', axis: 'concurrent', ran: 1, joined: 1, cached: 0 },
    { kind: 'variant', axis: 'time', ran: 0, joined: 0, cached: 2 },
  ])
})

test('does not keep a failure', async () => {
  let failures = 1
  const { variants, encoded } = open({
    beforeEncode: async () => {
      if (failures > 0) {
        failures -= 1
        throw new Error('the encoder failed')
      }
    },
  })
  await expect(variants.get(objectHash, webp, source)).rejects.toThrow('the encoder failed')
  expect(await variants.get(objectHash, webp, source)).toMatchObject({ how: 'ran' })
  expect(encoded).toHaveLength(2)
})

test('two domains have variants of their own of the same bytes, and a takedown finds all', async () => {
  const { variants, encoded } = open()
  const mine = await variants.get(objectHash, webp, source, { domain: 'a' })
  expect((await variants.get(objectHash, webp, source, { domain: 'b' })).how).toBe('ran')
  expect((await variants.get(objectHash, webp, source)).how).toBe('ran')
  expect((await variants.get(objectHash, webp, source, { domain: 'a' })).how).toBe('cached')
  expect((await open().variants.get(objectHash, webp, source, { domain: 'b' })).how).toBe('cached')
  expect(mine.hash).toBe((await variants.get(objectHash, webp, source)).hash)
  expect(encoded).toHaveLength(3)
  expect(await storedVariants()).toHaveLength(3)
  await variants.deleteAllOf(objectHash)
  expect(await storedVariants()).toEqual([])
  expect((await variants.get(objectHash, webp, source, { domain: 'a' })).how).toBe('ran')
})

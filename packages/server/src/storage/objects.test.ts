import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLedger } from '@darkroom/once'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFileObjectStore } from './file-object-store.ts'
import type { Objects } from './objects.ts'
import { createObjects, objectName } from './objects.ts'
import type { CountingStore } from './testing/counting-store.ts'
import { createCountingStore } from './testing/counting-store.ts'

const megabyte = 1_048_576
let directory: string
let store: CountingStore

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'darkroom-objects-'))
  store = createCountingStore(createFileObjectStore({ directory }))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

function open(maxCacheBytes = megabyte): Objects {
  return createObjects({ store, maxCacheBytes })
}

function someBytes(sizeBytes = 1000): Uint8Array {
  return new Uint8Array(randomBytes(sizeBytes))
}

test('names an object by the SHA-256 of its bytes', async () => {
  const bytes = someBytes()
  const expected = createHash('sha256').update(bytes).digest('hex')
  const objects = open()
  expect(objects.hashOf(bytes)).toBe(expected)
  expect(await objects.put(bytes)).toEqual({ hash: expected })
  expect(await store.get(`objects/${expected.slice(0, 2)}/${expected.slice(2, 4)}/${expected}`)).toEqual(
    bytes,
  )
})

test('gives what was just stored from memory, and after a restart from the store', async () => {
  const bytes = someBytes()
  const objects = open()
  const { hash } = await objects.put(bytes)
  expect(await objects.get(hash)).toMatchObject({ value: bytes, how: 'cached' })
  expect(store.counts.get).toBe(0)
  const restarted = open()
  expect(await restarted.get(hash)).toMatchObject({ value: bytes, how: 'ran' })
  expect(await restarted.get(hash)).toMatchObject({ value: bytes, how: 'cached' })
  expect(store.counts.get).toBe(1)
})

test('reads once for a hundred who ask at once', async () => {
  const bytes = someBytes()
  const { hash } = await open().put(bytes)
  const objects = open()
  const letGo = store.holdReads()
  const asks = Array.from({ length: 100 }, async () => await objects.get(hash))
  letGo()
  const outcomes = await Promise.all(asks)
  expect(store.counts.get).toBe(1)
  expect(outcomes.filter((outcome) => outcome?.how === 'ran')).toHaveLength(1)
  for (const outcome of outcomes) expect(outcome?.value).toBe(outcomes[0]?.value)
  expect(outcomes[0]?.value).toEqual(bytes)
})

test('writes once for many who store equal bytes at once', async () => {
  const objects = open()
  const bytes = someBytes()
  const results = await Promise.all(Array.from({ length: 20 }, async () => await objects.put(bytes.slice())))
  expect(new Set(results.map(({ hash }) => hash)).size).toBe(1)
  expect(store.counts.put).toBe(1)
})

test('answers undefined for what is missing, reads it once for many, and does not remember it as missing', async () => {
  const bytes = someBytes()
  const objects = open()
  const hash = objects.hashOf(bytes)
  const letGo = store.holdReads()
  const asks = Array.from({ length: 10 }, async () => await objects.get(hash))
  letGo()
  expect(await Promise.all(asks)).toEqual(Array.from({ length: 10 }, () => undefined))
  expect(store.counts.get).toBe(1)
  expect(await objects.has(hash)).toBe(false)
  // Another process stores it.
  await open().put(bytes)
  expect(await objects.has(hash)).toBe(true)
  expect((await objects.get(hash))?.value).toEqual(bytes)
})

test.each([
  ['altered', async (path: string) => await writeFile(path, 'something else')],
  ['torn', async (path: string) => await truncate(path, 500)],
  ['emptied', async (path: string) => await truncate(path, 0)],
])('never serves an object that was %s, and says so in the log', async (_, damage) => {
  const { hash } = await open().put(someBytes())
  await damage(join(directory, objectName(hash)))
  const logged: object[] = []
  const log = { error: (fields: object) => logged.push(fields) }
  const objects = createObjects({ store, maxCacheBytes: megabyte, log })
  await expect(objects.get(hash)).rejects.toMatchObject({ code: 'storage_unavailable' })
  await expect(objects.get(hash)).rejects.toMatchObject({ code: 'storage_unavailable' })
  expect(logged).toEqual([
    expect.objectContaining({ object: hash }),
    expect.objectContaining({ object: hash }),
  ])
})

test('deletes from the store and from memory', async () => {
  const objects = open()
  const { hash } = await objects.put(someBytes())
  expect(await objects.delete(hash)).toBe(true)
  expect(await objects.get(hash)).toBeUndefined()
  expect(await objects.delete(hash)).toBe(false)
})

test('does not keep what was deleted while it was read', async () => {
  const { hash } = await open().put(someBytes())
  const objects = open()
  const letGo = store.holdReads()
  const reading = objects.get(hash)
  const deleting = objects.delete(hash)
  letGo()
  await Promise.all([reading, deleting])
  expect(await objects.get(hash)).toBeUndefined()
})

test('keeps no more than its bound', async () => {
  const objects = open(2500)
  const stored = [someBytes(), someBytes(), someBytes(), someBytes(5000)]
  const hashes: string[] = []
  for (const bytes of stored) hashes.push((await objects.put(bytes)).hash)
  // Newest first: of the small ones the last two fit; the large one never does.
  const outcomes = []
  for (const hash of hashes.toReversed()) outcomes.push(await objects.get(hash))
  expect(outcomes.map((outcome) => outcome?.value)).toEqual(stored.toReversed())
  expect(outcomes.map((outcome) => outcome?.how)).toEqual(['ran', 'cached', 'cached', 'ran'])
})

test('lets one caller leave without disturbing the others', async () => {
  const bytes = someBytes()
  const { hash } = await open().put(bytes)
  const objects = open()
  const letGo = store.holdReads()
  const controller = new AbortController()
  const reason = new Error('left')
  const leaving = objects.get(hash, { signal: controller.signal })
  const staying = objects.get(hash)
  controller.abort(reason)
  await expect(leaving).rejects.toBe(reason)
  letGo()
  expect((await staying)?.value).toEqual(bytes)
  expect(store.counts.get).toBe(1)
})

test('counts in the ledger what ran and what was spared', async () => {
  const ledger = createLedger()
  const objects = createObjects({ store, maxCacheBytes: megabyte, ledger })
  const { hash } = await objects.put(someBytes())
  await objects.get(hash)
  const rows = ledger
    .snapshot()
    .rows.map(({ kind, ran, cached, ranBytes, savedBytes }) => ({ kind, ran, cached, ranBytes, savedBytes }))
  expect(rows).toEqual([
    { kind: 'object.read', ran: 0, cached: 1, ranBytes: 0, savedBytes: 1000 },
    { kind: 'object.write', ran: 1, cached: 0, ranBytes: 1000, savedBytes: 0 },
  ])
})

test('refuses what is no hash', async () => {
  const objects = open()
  for (const hash of ['', 'x', '../'.repeat(22), 'A'.repeat(64), 'a'.repeat(63), `${'a'.repeat(64)}\n`]) {
    await expect(objects.get(hash)).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(objects.delete(hash)).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(objects.has(hash)).rejects.toMatchObject({ code: 'invalid_request' })
  }
})

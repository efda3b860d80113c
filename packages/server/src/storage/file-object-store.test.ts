import { chmod, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DarkroomError } from '../errors.ts'
import { createFileObjectStore } from './file-object-store.ts'
import { describeObjectStoreContract } from './object-store.contract.ts'
import { storageError } from './storage-error.ts'

const bytes = new TextEncoder().encode('bytes')

describeObjectStoreContract('the file store', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'darkroom-objects-'))
  return {
    store: createFileObjectStore({ directory }),
    openAnother: async () => createFileObjectStore({ directory }),
    dispose: async () => await rm(directory, { recursive: true }),
  }
})

describe('the file store on its folder', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'darkroom-objects-'))
  })
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  test('keeps files and folders to their owner', async () => {
    const store = createFileObjectStore({ directory: join(directory, 'new') })
    await store.put('objects/ab/x', bytes)
    const modeOf = async (path: string): Promise<number> =>
      (await stat(join(directory, 'new', path))).mode & 0o777
    expect(await modeOf('')).toBe(0o700)
    expect(await modeOf('objects/ab')).toBe(0o700)
    expect(await modeOf('objects/ab/x')).toBe(0o600)
  })

  test('leaves no unfinished file behind, whatever became of the write', async () => {
    const store = createFileObjectStore({ directory })
    const controller = new AbortController()
    const aborted = store.put('a', new Uint8Array(8_000_000), { signal: controller.signal })
    controller.abort(new Error('left'))
    await expect(aborted).rejects.toThrow('left')
    await store.put('b', bytes)
    await store.put('b', bytes)
    await store.check()
    expect(await readdir(join(directory, '.incoming'))).toEqual([])
  })

  test('writes what is there already too, so that its time does not tell', async () => {
    const store = createFileObjectStore({ directory })
    await store.put('a', bytes)
    const controller = new AbortController()
    // A write that looks for the object first would have ended by then: this one is cut off while it writes.
    const again = store.put('a', new Uint8Array(8_000_000), { signal: controller.signal })
    controller.abort(new Error('left'))
    await expect(again).rejects.toThrow('left')
    expect(await store.put('a', bytes)).toEqual({ created: false })
    expect(await store.get('a')).toEqual(bytes)
  })

  test('sweeps what dead writers left, and leaves what a living one may be writing', async () => {
    createFileObjectStore({ directory })
    const now = Date.now()
    const old = join(directory, '.incoming', 'old')
    await writeFile(old, bytes)
    await writeFile(join(directory, '.incoming', 'young'), bytes)
    await utimes(old, new Date(now - 3_700_000), new Date(now - 3_700_000))
    createFileObjectStore({ directory, now: () => now })
    expect(await readdir(join(directory, '.incoming'))).toEqual(['young'])
  })

  test('serves no symbolic link', async () => {
    const store = createFileObjectStore({ directory })
    await writeFile(join(directory, '.secret'), 'a secret')
    await symlink(join(directory, '.secret'), join(directory, 'link'))
    expect(await store.get('link')).toBeUndefined()
    expect(await store.head('link')).toBeUndefined()
  })

  test('refuses to put an object where a folder of objects is', async () => {
    const store = createFileObjectStore({ directory })
    await store.put('folder/object', bytes)
    await expect(store.put('folder', bytes)).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('says that it is unavailable when its folder is gone or is no folder', async () => {
    const store = createFileObjectStore({ directory })
    await rm(directory, { recursive: true })
    await expect(store.check()).rejects.toMatchObject({ code: 'storage_unavailable' })
    await expect(store.put('a', bytes)).rejects.toMatchObject({ code: 'storage_unavailable' })
    await writeFile(directory, 'a file')
    expect(() => createFileObjectStore({ directory })).toThrow(DarkroomError)
  })

  test.skipIf(process.getuid?.() === 0)('says that it is unavailable when it may not write', async () => {
    const store = createFileObjectStore({ directory })
    await chmod(join(directory, '.incoming'), 0o500)
    await expect(store.put('a', bytes)).rejects.toMatchObject({ code: 'storage_unavailable' })
    await expect(store.check()).rejects.toMatchObject({ code: 'storage_unavailable' })
    await chmod(join(directory, '.incoming'), 0o700)
  })

  test('translates errors of the operating system without showing a path', () => {
    const full = Object.assign(new Error("ENOSPC: no space left, write '/srv/secret'"), {
      code: 'ENOSPC',
      syscall: 'write',
    })
    const translated = storageError(full)
    expect(translated).toMatchObject({ code: 'storage_unavailable', facts: { cause: full } })
    expect(String(translated)).toContain('disk is full')
    expect(String(translated)).not.toContain('/srv')
    const other = new Error('not of the operating system')
    expect(storageError(other)).toBe(other)
  })
})

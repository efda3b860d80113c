import { randomUUID } from 'node:crypto'
import { constants, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { link, lstat, mkdir, open, opendir, rm, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { DarkroomError } from '../errors.ts'
import { rangeWithin } from './byte-range.ts'
import { createConcurrencyLimit } from './concurrency-limit.ts'
import { assertObjectName, assertObjectPrefix } from './object-name.ts'
import type { ByteRange, ObjectHead, ObjectStore } from './object-store.ts'
import { storageError, systemCodeOf } from './storage-error.ts'
import { readExactly, syncFolder, syncFolders, writeSynced } from './synced-file.ts'

export interface FileObjectStoreOptions {
  /** Made if it is missing. Several processes may use one folder at once, but it must be one file system. */
  directory: string
  /** Milliseconds since the epoch. */
  now?: () => number
}

/** Unfinished writes. A name of a segment with a leading dot is refused, so no object can lie here. */
const incomingFolder = '.incoming'

/** A write holds its bytes in memory and takes seconds; what is older was left by a process that died. */
const deadWriterMs = 3_600_000

/** Each write holds a file open while it waits for the disk; without a bound a burst runs out of descriptors. */
const maxConcurrentWrites = 16

/** Pictures may be private: only the server's own user looks into the folders. */
const directoryMode = 0o700

/**
 * Objects as files of the same name below a folder. A write goes to a temporary file, is synced, and then appears
 * under its name by `link(2)`, which fails when the name exists: this is the atomic create-if-absent.
 * @throws DarkroomError `storage_unavailable` when the folder cannot be made or read
 */
export function createFileObjectStore({ directory, now = Date.now }: FileObjectStoreOptions): ObjectStore {
  const root = resolve(directory)
  const incoming = join(root, incomingFolder)
  openFolders(incoming, now() - deadWriterMs)
  const writes = createConcurrencyLimit(maxConcurrentWrites)

  function pathOf(name: string): string {
    assertObjectName(name)
    return join(root, name)
  }

  return {
    async put(name, bytes, { signal } = {}) {
      const path = pathOf(name)
      return await writes.run(
        async () => await orStorageError(create(root, incoming, path, bytes, signal)),
        signal,
      )
    },

    async get(name, { range, signal } = {}) {
      const path = pathOf(name)
      signal?.throwIfAborted()
      const bytes = await orUndefined(read(path, range))
      signal?.throwIfAborted()
      return bytes
    },

    async head(name, { signal } = {}) {
      const path = pathOf(name)
      signal?.throwIfAborted()
      return await orUndefined(headOf(path))
    },

    async delete(name) {
      const path = pathOf(name)
      return (await orUndefined(remove(path))) ?? false
    },

    list(prefix) {
      assertObjectPrefix(prefix)
      return listBelow(join(root, prefix), prefix)
    },

    async check() {
      await orStorageError(probe(incoming))
    },

    // No descriptor outlives its operation.
    close: async () => {},
  }
}

/** Synchronous, so that a store that exists is open: nothing to await, and a fault stops the start. */
function openFolders(incoming: string, deadBeforeMs: number): void {
  try {
    mkdirSync(incoming, { recursive: true, mode: directoryMode })
    for (const entry of readdirSync(incoming)) {
      const path = join(incoming, entry)
      const modifiedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs
      if (modifiedMs !== undefined && modifiedMs < deadBeforeMs) rmSync(path, { force: true })
    }
  } catch (error) {
    throw storageError(error)
  }
}

async function create(
  root: string,
  incoming: string,
  path: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<{ created: boolean }> {
  signal?.throwIfAborted()
  const folder = dirname(path)
  // Written also where it is there already: the time that a put takes must not tell one project that another has
  // these bytes.
  const temporary = join(incoming, `${process.pid}-${randomUUID()}`)
  try {
    await writeSynced(temporary, bytes, signal)
    await mkdir(folder, { recursive: true, mode: directoryMode })
    const created = await linkIfAbsent(temporary, path)
    // Also of another's object, who may have linked it a moment ago and not have synced yet: we promise it too.
    await syncFolders(root, folder)
    return { created }
  } finally {
    await rm(temporary, { force: true })
  }
}

async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error
    if (await isObject(to)) return false
    throw new DarkroomError('invalid_request', 'The object name is that of a folder of objects.', {
      cause: error,
    })
  }
}

async function isObject(path: string): Promise<boolean> {
  return (await orUndefined(headOf(path))) !== undefined
}

async function read(path: string, range: ByteRange | undefined): Promise<Uint8Array | undefined> {
  // O_NOFOLLOW: a link planted in the folder must not make another file of this machine a picture.
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  const stat = await file.stat()
  if (!stat.isFile()) return undefined
  const { start, end } = range === undefined ? { start: 0, end: stat.size } : rangeWithin(range, stat.size)
  return await readExactly(file, start, end - start)
}

async function headOf(path: string): Promise<ObjectHead | undefined> {
  const stat = await lstat(path)
  return stat.isFile() ? { sizeBytes: stat.size, lastModified: stat.mtime } : undefined
}

/** Synced, or a picture that was taken down could be back after a power cut. The empty folders stay. */
async function remove(path: string): Promise<boolean> {
  if (!(await isObject(path))) return false
  await unlink(path)
  await syncFolder(dirname(path))
  return true
}

async function* listBelow(folder: string, prefix: string): AsyncGenerator<string> {
  const entries = await orUndefined(opendir(folder))
  if (entries === undefined) return
  for await (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    if (entry.isFile()) yield prefix + entry.name
    else if (entry.isDirectory()) yield* listBelow(join(folder, entry.name), `${prefix}${entry.name}/`)
  }
}

/** Writes and links, as a put does: a full disk and a file system without hard links are both found. */
async function probe(incoming: string): Promise<void> {
  const path = join(incoming, `${process.pid}-${randomUUID()}`)
  try {
    await writeSynced(path, new Uint8Array(4096), undefined)
    await link(path, `${path}.linked`)
  } finally {
    await rm(path, { force: true })
    await rm(`${path}.linked`, { force: true })
  }
}

/** `undefined` where nothing has the name; ENOTDIR: a segment of it is an object; ELOOP: it is a symbolic link. */
async function orUndefined<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    throw storageError(error)
  }
}

async function orStorageError<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation
  } catch (error) {
    throw storageError(error)
  }
}

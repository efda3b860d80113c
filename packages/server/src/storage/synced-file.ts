import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DarkroomError } from '../errors.ts'

/** Between two chunks a write looks whether it is still wanted. */
const writeChunkBytes = 1_048_576

/** Pictures may be private: only the server's own user reads them. */
const fileMode = 0o600

/** Creates a file and resolves when its bytes are on the disk. @throws the signal's reason, or the system's error */
export async function writeSynced(
  path: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  await using file = await open(path, 'wx', fileMode)
  for (let offset = 0; offset < bytes.byteLength;) {
    signal?.throwIfAborted()
    const length = Math.min(writeChunkBytes, bytes.byteLength - offset)
    const { bytesWritten } = await file.write(bytes, offset, length)
    offset += bytesWritten
  }
  await file.sync()
  signal?.throwIfAborted()
}

/**
 * Syncs the entries on the way from the file up to the root. All of them, though most are old: another process may
 * have made a folder an instant ago, and syncing a clean folder costs microseconds.
 */
export async function syncFolders(root: string, folder: string): Promise<void> {
  for (let current = folder; ; current = dirname(current)) {
    await syncFolder(current)
    if (current === root) return
  }
}

/** Syncs the entries of one folder: what was made, linked or unlinked in it. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  await handle.sync()
}

/** Reads the bytes from `start` on. @throws DarkroomError `storage_unavailable` when the file is shorter */
export async function readExactly(file: FileHandle, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let offset = 0
  while (offset < length) {
    const { bytesRead } = await file.read(bytes, offset, length - offset, start + offset)
    // Objects never shrink; one that did was damaged from outside, and a part of it must not pass for the whole.
    if (bytesRead === 0) throw new DarkroomError('storage_unavailable', 'An object shrank while it was read.')
    offset += bytesRead
  }
  return bytes
}

import { randomUUID } from 'node:crypto'
import { open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bytes as a file that has no name any more: it is gone with its last reader, also after a crash. */
export interface UnnamedFile extends AsyncDisposable {
  /** By which this process can open it. */
  readonly path: string
}

/**
 * Lays bytes down in the folder for temporary files. On Linux only, where an open file has a path without a name.
 * @throws the file system's error
 */
export async function unnamedFile(bytes: Uint8Array): Promise<UnnamedFile> {
  const name = join(tmpdir(), `darkroom-${randomUUID()}`)
  const file = await open(name, 'wx+', 0o600)
  try {
    await unlink(name)
    await file.writeFile(bytes)
  } catch (error) {
    await file.close()
    throw error
  }
  return {
    path: `/proc/self/fd/${file.fd}`,
    [Symbol.asyncDispose]: () => file.close(),
  }
}

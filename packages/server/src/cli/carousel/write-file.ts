import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Writes a file so that it is there whole or not at all: beside its place first, then moved onto it.
 * @throws what the file system or the stream throws, or the reason of `signal`; nothing is left behind then
 */
export async function writeWhole(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  try {
    await writeFile(beside, content, { signal })
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

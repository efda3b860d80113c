import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { CarouselError } from '../carousel-error.ts'

/**
 * Reads a regular file of at most so many bytes.
 * @throws CarouselError BASE_INVALID for what is absent, unreadable or no file; BASE_TOO_LARGE
 * @throws the reason of `signal`
 */
export async function readPath(
  path: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  let file: FileHandle
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would take a thread of the pool for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    throw unreadable(cause)
  }
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw unreadable(undefined)
    if (facts.size > maxBytes) throw tooLarge(maxBytes)
    return await readBounded(file, facts.size, maxBytes, signal)
  } finally {
    await file.close()
  }
}

/** In pieces: the size is only what the file had when it was opened. */
async function readBounded(
  file: FileHandle,
  expectedBytes: number,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  // One more than expected: a read that does not fill it has reached the end.
  let buffer = new Uint8Array(expectedBytes + 1)
  let filledBytes = 0
  for (;;) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(buffer, filledBytes, buffer.length - filledBytes)
    if (bytesRead === 0) return buffer.subarray(0, filledBytes)
    filledBytes += bytesRead
    if (filledBytes > maxBytes) throw tooLarge(maxBytes)
    if (filledBytes === buffer.length) {
      const larger = new Uint8Array(Math.min(buffer.length * 2, maxBytes + 1))
      larger.set(buffer)
      buffer = larger
    }
  }
}

function unreadable(cause: unknown): CarouselError {
  return new CarouselError('BASE_INVALID', 'There is no readable file at this path.', {
    param: 'base',
    cause,
  })
}

/** For every way in which a base can be too large, in one sentence. */
export function tooLarge(maxBytes: number): CarouselError {
  return new CarouselError('BASE_TOO_LARGE', `A base has at most ${maxBytes} bytes.`, { param: 'base' })
}

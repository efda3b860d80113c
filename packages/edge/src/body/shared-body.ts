/** Bytes as answers carry them. */
export type Bytes = Uint8Array<ArrayBuffer>

/** A copy this small costs less than a stream. */
const maxCopiedBytes = 16_384

/**
 * A body of known length that is still arriving and that any number of callers read at once, each from its
 * beginning and at its own pace. It arrives into one buffer whether or not anybody reads.
 */
export class SharedBody {
  readonly lengthBytes: number
  /** All of it; rejects if the origin breaks off, or sends less or more than it announced. */
  readonly whole: Promise<Bytes>
  readonly #buffer: Bytes
  #filledBytes = 0
  #progress = Promise.withResolvers<void>()

  constructor(source: ReadableStream<Uint8Array>, lengthBytes: number) {
    this.lengthBytes = lengthBytes
    this.#buffer = new Uint8Array(lengthBytes)
    this.whole = this.#fill(source)
    // Readers find out by themselves; without any reader a broken body must not end the process.
    this.whole.catch(() => undefined)
    this.#progress.promise.catch(() => undefined)
  }

  /** The bytes from the beginning, as they arrive. @throws what `whole` rejects with */
  async *parts(): AsyncGenerator<Bytes, void> {
    let sentBytes = 0
    while (sentBytes < this.lengthBytes) {
      while (sentBytes === this.#filledBytes) await this.#progress.promise
      // The end is given only when it is known to be the end, so that a body that turns out too long is an error.
      if (this.#filledBytes === this.lengthBytes) await this.whole
      const part = this.#buffer.subarray(sentBytes, this.#filledBytes)
      sentBytes = this.#filledBytes
      yield part
    }
    await this.whole
  }

  stream(): ReadableStream<Uint8Array> {
    let sentBytes = 0
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          while (sentBytes === this.#filledBytes && sentBytes < this.lengthBytes) await this.#progress.promise
          // Waits for the end, so that a body that turns out too long is an error here too.
          if (this.#filledBytes === this.lengthBytes) await this.whole
          if (sentBytes < this.#filledBytes) {
            controller.enqueue(this.#buffer.subarray(sentBytes, this.#filledBytes))
            sentBytes = this.#filledBytes
          }
          if (sentBytes === this.lengthBytes) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
  }

  async #fill(source: ReadableStream<Uint8Array>): Promise<Bytes> {
    try {
      for await (const chunk of source) {
        if (this.#filledBytes + chunk.byteLength > this.lengthBytes) {
          throw new BrokenBodyError(`the origin sent more than the ${this.lengthBytes} bytes it announced`)
        }
        this.#buffer.set(chunk, this.#filledBytes)
        this.#filledBytes += chunk.byteLength
        this.#wake()
      }
      if (this.#filledBytes < this.lengthBytes) {
        throw new BrokenBodyError(`the origin sent ${this.#filledBytes} of ${this.lengthBytes} bytes`)
      }
      return this.#buffer
    } catch (error) {
      this.#progress.reject(error)
      throw error
    }
  }

  #wake(): void {
    const { resolve } = this.#progress
    this.#progress = Promise.withResolvers<void>()
    this.#progress.promise.catch(() => undefined)
    resolve()
  }
}

/** The origin's body is not what its headers say: it must neither be stored nor be taken for whole. */
export class BrokenBodyError extends Error {
  override readonly name = 'BrokenBodyError'
  readonly code = 'broken_body' as const
}

/** What was read of a body within a limit. */
export type ReadBody = { whole: Bytes } | { tooLarge: ReadableStream<Uint8Array> }

/** Reads a body up to a limit; past it, gives back all of it as a stream. */
export async function readBody(source: ReadableStream<Uint8Array>, maxBytes: number): Promise<ReadBody> {
  const reader = source.getReader()
  const chunks: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { whole: concatenate(chunks, bytes) }
    chunks.push(value)
    bytes += value.byteLength
    if (bytes > maxBytes) return { tooLarge: resume(chunks, reader) }
  }
}

/**
 * Bytes as the body of a `Response`, without copying more than a little: `new Response(bytes)` copies all of
 * them. Whoever reads must not write into the chunks; they are the stored bytes.
 */
export function bodyOf(bytes: Bytes): Bytes | ReadableStream<Uint8Array> {
  if (bytes.byteLength <= maxCopiedBytes) return bytes
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        controller.enqueue(bytes)
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

function concatenate(chunks: readonly Uint8Array[], bytes: number): Bytes {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

function resume(
  chunks: Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const buffered = chunks.shift()
        if (buffered !== undefined) return controller.enqueue(buffered)
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

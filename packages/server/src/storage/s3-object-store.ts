import { hash as digest } from 'node:crypto'
import { S3ServiceError } from 's3mini'
import { DarkroomError } from '../errors.ts'
import { rangeWithin } from './byte-range.ts'
import { assertObjectName, assertObjectPrefix } from './object-name.ts'
import type { ByteRange, ObjectHead, ObjectStore } from './object-store.ts'
import type { S3Client } from './s3-client.ts'
import { createS3Client, unavailable } from './s3-client.ts'
import type { S3Location } from './s3-location.ts'

export interface S3ObjectStoreOptions {
  location: S3Location
  /** From this size on an object goes up in parts, each repeated alone. Default 64 MiB; at least 5 MiB. */
  multipartBytes?: number
}

const mebibyte = 1024 * 1024

/** Of one upload in parts; with 16 MiB a part they hold no more than the object itself. */
const concurrentParts = 4
const partBytes = 16 * mebibyte

/** Written by `check`, below the prefix; no object's name has a leading dot. */
const probeName = '.check'

const mediaType = 'application/octet-stream'

interface Part {
  /** From 1. */
  partNumber: number
  etag: string
}

/** A put takes place only where nothing has the name (RFC 9110 §13.1.2); S3 then answers 412. */
const ifAbsent = { 'if-none-match': '*' }

/**
 * Objects of a bucket on anything that speaks S3 and knows `If-None-Match: *` on PUT: create if absent is the
 * service's own, atomic for all writers. A put whose answer was lost is repeated and then answers `created: false`.
 * A put that has begun is not cut off when its caller leaves: whether it took place would be unknown.
 */
export function createS3ObjectStore({
  location,
  multipartBytes = 64 * mebibyte,
}: S3ObjectStoreOptions): ObjectStore {
  if (multipartBytes < 5 * mebibyte) throw new RangeError('parts of an S3 upload have at least 5 MiB')
  const client = createS3Client({ location })

  function keyOf(name: string): string {
    assertObjectName(name)
    return location.prefix + name
  }

  return {
    async put(name, bytes, { signal } = {}) {
      const key = keyOf(name)
      signal?.throwIfAborted()
      return bytes.byteLength < multipartBytes
        ? await putWhole(client, key, bytes)
        : await putInParts(client, key, bytes)
    },

    async get(name, { range, signal } = {}) {
      const key = keyOf(name)
      return range === undefined
        ? await read(client, key, signal)
        : await readRange(client, key, range, signal)
    },

    async head(name, { signal } = {}) {
      return await headOf(client, keyOf(name), signal)
    },

    async delete(name) {
      const key = keyOf(name)
      // S3 answers 204 also for what was never there.
      if ((await headOf(client, key)) === undefined) return false
      await translating(client.run((s3) => s3.deleteObject(key)))
      return true
    },

    list(prefix) {
      assertObjectPrefix(prefix)
      return listBelow(client, location.prefix, prefix)
    },

    async check() {
      const key = location.prefix + probeName
      await translating(client.run((s3) => s3.putObject(key, Buffer.from('darkroom'), mediaType)))
    },

    async signedUrl(name, ttlS) {
      const key = keyOf(name)
      return await client.signer.getPresignedUrl('GET', key, ttlS)
    },

    // Sockets are the platform's own pool, and end with it.
    close: async () => {},
  }
}

async function putWhole(client: S3Client, key: string, bytes: Uint8Array): Promise<{ created: boolean }> {
  // The service compares: bytes that were damaged on the way are refused and never become an object.
  const headers = { ...ifAbsent, 'content-md5': digest('md5', bytes, 'base64') }
  return await asCreation(
    client.run((s3) => s3.putObject(key, bytes, mediaType, undefined, headers), { timeoutMs: 300_000 }),
  )
}

/** The object appears, whole, when the upload is completed; before that there are only parts of it. */
async function putInParts(client: S3Client, key: string, bytes: Uint8Array): Promise<{ created: boolean }> {
  // Not every S3 makes the completion conditional; at least nothing is sent for what is there.
  if ((await headOf(client, key)) !== undefined) return { created: false }
  const { value: uploadId } = await translating(client.run((s3) => s3.getMultipartUploadId(key, mediaType)))
  try {
    const parts = await uploadParts(client, key, uploadId, bytes)
    return await asCreation(complete(client, key, uploadId, parts))
  } catch (error) {
    // Parts cost money until they are given up. Where even that fails, the bucket's own lifecycle rule remains.
    await client.run((s3) => s3.abortMultipartUpload(key, uploadId)).catch(() => undefined)
    throw error
  }
}

async function complete(client: S3Client, key: string, uploadId: string, parts: Part[]): Promise<void> {
  try {
    await client.run((s3) => s3.completeMultipartUpload(key, uploadId, parts), {
      headers: ifAbsent,
      timeoutMs: 300_000,
    })
  } catch (error) {
    // The upload is gone once it was completed: then the answer to an earlier attempt was lost.
    if (statusOf(error) !== 404 || (await headOf(client, key)) === undefined) throw error
  }
}

async function uploadParts(
  client: S3Client,
  key: string,
  uploadId: string,
  bytes: Uint8Array,
): Promise<Part[]> {
  const count = Math.ceil(bytes.byteLength / partBytes)
  const parts: Part[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next
      next += 1
      const part = bytes.subarray(index * partBytes, (index + 1) * partBytes)
      const { value } = await translating(
        client.run((s3) => s3.uploadPart(key, uploadId, part, index + 1), { timeoutMs: 300_000 }),
      )
      parts[index] = value
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrentParts, count) }, lane))
  return parts
}

async function asCreation(write: Promise<unknown>): Promise<{ created: boolean }> {
  try {
    await write
    return { created: true }
  } catch (error) {
    if (statusOf(error) === 412) return { created: false }
    throw translated(error)
  }
}

async function read(
  client: S3Client,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const bytes = await orUndefined(client.run(async (s3) => bodyOf(await s3.getObjectRaw(key)), { signal }))
  return bytes?.value
}

async function readRange(
  client: S3Client,
  key: string,
  range: ByteRange,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const { start, end } = rangeWithin(range, Number.MAX_SAFE_INTEGER)
  const reading = client.run(async (s3) => bodyOf(await s3.getObjectRaw(key, false, start, end)), { signal })
  try {
    const found = await orUndefined(reading)
    // A service that knows no ranges answers 200 with everything.
    if (found?.response.status !== 200) return found?.value
    const within = rangeWithin(range, found.value.byteLength)
    return found.value.subarray(within.start, within.end)
  } catch (error) {
    if (!(error instanceof DarkroomError) || statusOf(error.facts.cause) !== 416) throw error
    throw new DarkroomError('invalid_range', `The range starts at byte ${start}, after the object's end.`)
  }
}

/** Read within the attempt, so that a body that breaks off is asked for again. */
async function bodyOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer())
}

async function headOf(client: S3Client, key: string, signal?: AbortSignal): Promise<ObjectHead | undefined> {
  const { value: exists, response } = await translating(client.run((s3) => s3.objectExists(key), { signal }))
  if (exists !== true) return undefined
  return {
    sizeBytes: Number(response.headers.get('content-length') ?? 0),
    lastModified: new Date(response.headers.get('last-modified') ?? Number.NaN),
  }
}

async function* listBelow(client: S3Client, root: string, prefix: string): AsyncGenerator<string> {
  let token: string | undefined
  do {
    const { value: page } = await translating(
      client.run((s3) => s3.listObjectsPaged('/', root + prefix, 1000, token)),
    )
    // The library's word for a bucket that is not there.
    if (page === null) throw unavailable(new Error('listing found no bucket'))
    for (const { Key } of page?.objects ?? []) yield Key.slice(root.length)
    token = page?.nextContinuationToken
  } while (token !== undefined)
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceError ? error.status : undefined
}

/** `undefined` where nothing has the key. A bucket that is not there is another matter. */
async function orUndefined<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation
  } catch (error) {
    if (error instanceof S3ServiceError && error.status === 404 && error.serviceCode !== 'NoSuchBucket')
      return undefined
    throw translated(error)
  }
}

async function translating<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation
  } catch (error) {
    throw translated(error)
  }
}

function translated(error: unknown): unknown {
  return error instanceof S3ServiceError ? unavailable(error) : error
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { S3mini, S3ServiceError } from 's3mini'
import { DarkroomError } from '../errors.ts'
import { createConcurrencyLimit } from './concurrency-limit.ts'
import type { S3Location } from './s3-location.ts'

/** What one request adds to those that the library makes, and what came back. */
interface Attempt {
  signal: AbortSignal
  headers: Readonly<Record<string, string>>
  response?: Response
}

export interface S3RequestOptions {
  /** Ends the request, and the waiting between two of them. */
  signal?: AbortSignal | undefined
  /** Sent besides the library's own; not part of the signature. */
  headers?: Readonly<Record<string, string>>
  /** Of one attempt. Default 60 s. */
  timeoutMs?: number
}

/** Requests to one bucket: bounded in number, repeated where that can help, their errors in our words. */
export interface S3Client {
  /** Signs URLs, which asks nobody anything. */
  readonly signer: Pick<S3mini, 'getPresignedUrl'>
  /**
   * Runs an operation of the library, again after a reset, a time-out or an answer that says "later".
   * @returns what it made, and the last answer that it got
   * @throws DarkroomError storage_unavailable; S3ServiceError where a repeat cannot help; the signal's reason
   */
  run<T>(
    operation: (s3: S3mini) => Promise<T>,
    options?: S3RequestOptions,
  ): Promise<{ value: T; response: Response }>
}

/** A repeat follows after 0.1, 0.2, 0.4 and 0.8 s, each up to half longer by chance. */
const maxAttempts = 5
const firstDelayMs = 100

/** Requests at a time; a burst beyond it waits here and not in sockets. */
const maxConcurrentRequests = 64

const defaultTimeoutMs = 60_000

/** Answers after which the same request may succeed: "slow down", conflicts between conditional writes, outages. */
const repeatableStatuses = new Set([408, 409, 425, 429, 500, 502, 503, 504])

export interface S3ClientOptions {
  location: S3Location
  /** Between 0 and 1. */
  random?: () => number
}

export function createS3Client({ location, random = Math.random }: S3ClientOptions): S3Client {
  // The library takes no signal per request and hides answers' headers: both go through the `fetch` that it calls.
  const attempts = new AsyncLocalStorage<Attempt>()
  const s3 = new S3mini({
    accessKeyId: location.accessKeyId,
    secretAccessKey: location.secretAccessKey,
    endpoint: `${location.endpoint}/${location.bucket}`,
    region: location.region,
    fetch: async (input, init = {}) => {
      const attempt = attempts.getStore()
      if (attempt === undefined) throw new Error('a request to S3 outside run()')
      const { signal, headers } = attempt
      attempt.response = await fetch(input, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), ...headers },
        signal,
      })
      return attempt.response
    },
  })
  const limit = createConcurrencyLimit(maxConcurrentRequests)

  async function attemptOnce<T>(
    operation: (client: S3mini) => Promise<T>,
    { signal, headers = {}, timeoutMs = defaultTimeoutMs }: S3RequestOptions,
  ): Promise<{ value: T; response: Response }> {
    const timeout = AbortSignal.timeout(timeoutMs)
    const attempt: Attempt = {
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      headers,
    }
    const value = await attempts.run(attempt, () => operation(s3))
    if (attempt.response === undefined) throw new Error('the operation asked nothing of S3')
    return { value, response: attempt.response }
  }

  return {
    signer: s3,
    run: async (operation, options = {}) => {
      const { signal } = options
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await limit.run(() => attemptOnce(operation, options), signal)
        } catch (error) {
          signal?.throwIfAborted()
          if (!isRepeatable(error)) throw error
          if (attempt === maxAttempts) throw unavailable(error)
          await delay(firstDelayMs * 2 ** (attempt - 1) * (1 + random() / 2), undefined, { signal }).catch(
            () => signal?.throwIfAborted(),
          )
        }
      }
    },
  }
}

/** Whatever is no answer of the service is a fault on the way to it: refused, reset, cut off, timed out. */
function isRepeatable(error: unknown): boolean {
  if (error instanceof DarkroomError) return false
  return !(error instanceof S3ServiceError) || repeatableStatuses.has(error.status)
}

/** What an operator can do about it; the words go to strangers, so no host, bucket or name is in them. */
export function unavailable(error: unknown): DarkroomError {
  return new DarkroomError('storage_unavailable', `The object store failed: ${reasonOf(error)}.`, {
    cause: error,
  })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof S3ServiceError)) return 'it cannot be reached'
  if (error.serviceCode === 'NoSuchBucket') return 'its bucket does not exist'
  if (error.status === 401 || error.status === 403) return 'it refused our credentials'
  return `it answered ${error.status}`
}

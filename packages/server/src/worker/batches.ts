import type { Backend, BackendBatchEvent, BackendEvent, BackendRequest } from '../backends/backend.ts'
import { BackendError } from '../backends/backend.ts'

type GenerateBatch = NonNullable<Backend['generateBatch']>

export interface BatchesOptions {
  generateBatch: GenerateBatch
  /** How long requests are collected. */
  windowMs: number
}

/** One request of a batch that is being collected or runs. */
interface Member {
  request: BackendRequest
  signal: AbortSignal
  events: (BackendEvent | Error | 'end')[]
  wake(): void
}

/** Requests of one model, size, number of steps and pictures to start from that come within the window are one run. */
export interface Batches {
  /** As `Backend.generate`. @param most pictures of one run */
  generate(request: BackendRequest, signal: AbortSignal, most: number): AsyncGenerator<BackendEvent>
}

/** Each request keeps its own events, end and abort; the run ends when nobody wants any of its pictures. */
export function createBatches({ generateBatch, windowMs }: BatchesOptions): Batches {
  const collecting = new Map<string, { members: Member[]; close: () => void }>()

  function join(member: Member, most: number): void {
    const shape = shapeOf(member.request)
    let batch = collecting.get(shape)
    if (batch === undefined) {
      const members: Member[] = []
      const close = (): void => {
        clearTimeout(timer)
        if (collecting.get(shape)?.members === members) collecting.delete(shape)
        void run(members)
      }
      const timer = setTimeout(close, windowMs)
      batch = { members, close }
      collecting.set(shape, batch)
    }
    batch.members.push(member)
    if (batch.members.length >= most) batch.close()
  }

  async function run(all: readonly Member[]): Promise<void> {
    const members = all.filter(({ signal }) => !signal.aborted)
    if (members.length === 0) return
    const unwanted = new AbortController()
    const leave = (): void => {
      if (members.every(({ signal }) => signal.aborted)) unwanted.abort(members[0]?.signal.reason)
    }
    for (const { signal } of members) signal.addEventListener('abort', leave, { once: true })
    try {
      const requests = members.map(({ request }) => request)
      for await (const event of generateBatch(requests, unwanted.signal)) tell(members, event)
      for (const member of members) push(member, 'end')
    } catch (error) {
      for (const member of members) push(member, error instanceof Error ? error : new Error(String(error)))
    } finally {
      for (const { signal } of members) signal.removeEventListener('abort', leave)
    }
  }

  return {
    generate: async function* generate(request, signal, most) {
      signal.throwIfAborted()
      let woken = Promise.withResolvers<void>()
      const member: Member = { request, signal, events: [], wake: () => woken.resolve() }
      const abort = (): void => woken.resolve()
      signal.addEventListener('abort', abort, { once: true })
      join(member, most)
      try {
        for (;;) {
          signal.throwIfAborted()
          const event = member.events.shift()
          if (event === undefined) {
            await woken.promise
            woken = Promise.withResolvers<void>()
          } else if (event === 'end') return
          else if (event instanceof Error) throw event
          else yield event
        }
      } finally {
        signal.removeEventListener('abort', abort)
      }
    },
  }
}

/**
 * What the requests of one run have in common. Servers take pictures to start from for a run, and not for each of its
 * images: requests that start from the same ones, and go as far from them, are of one shape.
 */
function shapeOf({ model, widthPx, heightPx, steps, inputs, strength }: BackendRequest): string {
  const { image, mask, references } = inputs
  const given = [image, mask, ...references].map((input) => input?.sha256 ?? null)
  return JSON.stringify([model, widthPx, heightPx, steps ?? null, strength ?? null, ...given])
}

function tell(members: readonly Member[], event: BackendBatchEvent): void {
  const { requestId, ...own } = event
  const member = members.find(({ request }) => request.id === requestId)
  // A server that answers for a request that nobody made.
  if (member === undefined) return
  if (own.type !== 'failed') push(member, own)
  else push(member, own.error)
}

function push(member: Member, event: BackendEvent | Error | 'end'): void {
  member.events.push(event)
  member.wake()
}

/** A run that broke off for all of its requests, told apart from one that ran out of memory. */
export function isOutOfMemory(error: unknown): error is BackendError {
  return error instanceof BackendError && error.code === 'backend_out_of_memory'
}

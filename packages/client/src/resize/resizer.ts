import type { Light } from './light.ts'
import type { ResizeJob, WorkerAnswer } from './messages.ts'

export interface ResizerOptions {
  /** Where `worker.js` lies: on the page's own origin, with `kernel.wasm` beside it. Default: beside this module. */
  workerUrl?: string | URL | undefined
  /** Pictures that are resized at the same time. Default 1; 2 where the device has four cores or more. */
  workers?: number | undefined
  /** A job that takes longer is given up, and its worker with it. Default 20 s. */
  timeoutMs?: number | undefined
}

export interface ResizeOptions {
  /** One or both; of one alone the other follows from the proportions. */
  widthPx?: number | undefined
  heightPx?: number | undefined
  /** Default `linear`. `srgb` is faster, much so for JPEG, and darker where thin lines are bright. */
  light?: Light | undefined
  signal?: AbortSignal | undefined
}

/** A picture that was made. The bitmap is the caller's: `close()` gives its memory back. */
export interface ResizedPicture {
  bitmap: ImageBitmap
  sourceWidthPx: number
  sourceHeightPx: number
  /** Decoding and resizing, without waiting. */
  durationMs: number
}

/** Resizes pictures off the main thread. */
export interface Resizer {
  /** Whether it can work here: false without workers, WebAssembly with SIMD, or under a policy that forbids them. */
  readonly available: Promise<boolean>
  /** @throws ResizeError */
  resize(picture: Blob, options: ResizeOptions): Promise<ResizedPicture>
  /** Ends the workers; what is not finished fails. */
  close(): void
}

/** `unavailable`: not in this browser or under this page's policy. `failed`: not this picture. */
export class ResizeError extends Error {
  override readonly name = 'ResizeError'
  readonly code: 'unavailable' | 'failed' | 'timeout' | 'closed'

  constructor(code: ResizeError['code'], message: string) {
    super(message)
    this.code = code
  }
}

interface WaitingJob {
  job: ResizeJob
  /** Its caller has left: nobody would give its bitmap back. */
  left: boolean
  resolve(picture: ResizedPicture): void
  reject(error: Error): void
}

interface Lane {
  worker: Worker
  ready: boolean
  running: WaitingJob | undefined
  timer: ReturnType<typeof setTimeout> | undefined
}

const defaultTimeoutMs = 20_000

export function createResizer(options: ResizerOptions = {}): Resizer {
  const workerUrl = options.workerUrl ?? new URL('worker.js', import.meta.url)
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const count = options.workers ?? (navigator.hardwareConcurrency >= 4 ? 2 : 1)
  const waiting: WaitingJob[] = []
  const lanes: Lane[] = []
  let nextId = 1
  let unable: ResizeError | undefined
  const available = Promise.withResolvers<boolean>()

  const giveUp = (error: ResizeError): void => {
    unable = error
    available.resolve(false)
    for (const lane of lanes.splice(0)) {
      clearTimeout(lane.timer)
      lane.worker.terminate()
      lane.running?.reject(error)
    }
    for (const each of waiting.splice(0)) each.reject(error)
  }

  const hand = (): void => {
    if (lanes.length < count && waiting.length > lanes.filter((lane) => lane.running === undefined).length)
      open()
    for (const lane of lanes) {
      if (!lane.ready || lane.running !== undefined) continue
      const next = waiting.shift()
      if (next === undefined) return
      lane.running = next
      lane.timer = setTimeout(
        () => lose(lane, new ResizeError('timeout', 'Resizing took too long.')),
        timeoutMs,
      )
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
      lane.worker.postMessage(next.job)
    }
  }

  /** A worker that hangs or died takes the picture it had with it; the next one gets a new worker. */
  const lose = (lane: Lane, error: ResizeError): void => {
    clearTimeout(lane.timer)
    lane.worker.terminate()
    lanes.splice(lanes.indexOf(lane), 1)
    lane.running?.reject(error)
    if (!lane.ready) giveUp(error)
    else if (waiting.length > 0) hand()
  }

  const heard = (lane: Lane, answer: WorkerAnswer): void => {
    if (answer.kind === 'unable') return lose(lane, new ResizeError('unavailable', answer.reason))
    if (answer.kind === 'ready') {
      lane.ready = true
      available.resolve(true)
      return hand()
    }
    const { running } = lane
    if (running?.job.id !== answer.id) return
    if (running.left && answer.kind === 'made') answer.bitmap.close()
    clearTimeout(lane.timer)
    lane.running = undefined
    if (answer.kind === 'failed') running.reject(new ResizeError('failed', answer.reason))
    else running.resolve(answer)
    hand()
  }

  const open = (): void => {
    let worker: Worker
    try {
      worker = new Worker(workerUrl, { type: 'module' })
    } catch (error) {
      return giveUp(new ResizeError('unavailable', String(error)))
    }
    const lane: Lane = { worker, ready: false, running: undefined, timer: undefined }
    lanes.push(lane)
    worker.addEventListener('message', ({ data }: MessageEvent<WorkerAnswer>) => heard(lane, data))
    worker.addEventListener('error', (event) => {
      lose(lane, new ResizeError(lane.ready ? 'failed' : 'unavailable', event.message || 'The worker ended.'))
    })
  }

  if (typeof Worker === 'undefined') giveUp(new ResizeError('unavailable', 'There are no workers here.'))
  return {
    get available() {
      if (unable === undefined && lanes.length === 0) open()
      return available.promise
    },
    resize: async (blob, { widthPx, heightPx, light = 'linear', signal }) => {
      signal?.throwIfAborted()
      if (unable !== undefined) throw unable
      const { promise, resolve, reject } = Promise.withResolvers<ResizedPicture>()
      const entry = { job: { id: nextId++, blob, widthPx, heightPx, light }, left: false, resolve, reject }
      const leave = (): void => {
        const at = waiting.indexOf(entry)
        if (at !== -1) waiting.splice(at, 1)
        entry.left = true
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', leave, { once: true })
      waiting.push(entry)
      hand()
      try {
        return await promise
      } finally {
        signal?.removeEventListener('abort', leave)
      }
    },
    close: () => giveUp(new ResizeError('closed', 'The resizer was closed.')),
  }
}

import type { Light } from './light.ts'
import type { MadeFacts, ResizeJob, WorkerAnswer } from './messages.ts'

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
  /** Pictures asked for under the same key are one: several sizes asked for together are decoded once. */
  sourceKey?: string | undefined
  signal?: AbortSignal | undefined
}

export interface EncodeOptions {
  /** The picture is made smaller until it has no more; never larger. */
  maxPixels: number
  /** `image/jpeg`, `image/webp` or `image/png`. What the browser cannot write becomes JPEG or PNG: see `blob.type`. */
  mediaType: string
  /** 0 to 1. */
  quality?: number | undefined
  onProgress?: ((stage: 'resize' | 'encode') => void) | undefined
  signal?: AbortSignal | undefined
}

/** A picture that was made. The bitmap is the caller's: `close()` gives its memory back. */
export interface ResizedPicture extends MadeFacts {
  bitmap: ImageBitmap
}

/** A file that was made: upright, with neither metadata nor profile, in sRGB. */
export interface EncodedPicture extends MadeFacts {
  blob: Blob
}

/** Resizes pictures off the main thread. */
export interface Resizer {
  /** Whether it can work here: false without workers, WebAssembly with SIMD, or under a policy that forbids them. */
  readonly available: Promise<boolean>
  /**
   * @param picture a file; or a bitmap, which is given away: several sizes of one picture are quicker made of its file
   * @throws ResizeError
   */
  resize(picture: Blob | ImageBitmap, options: ResizeOptions): Promise<ResizedPicture>
  /** @throws ResizeError */
  encode(picture: Blob, options: EncodeOptions): Promise<EncodedPicture>
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
  onProgress: EncodeOptions['onProgress']
  resolve(answer: Extract<WorkerAnswer, { kind: 'made' | 'encoded' }>): void
  reject(error: Error): void
}

interface Lane {
  worker: Worker
  ready: boolean
  running: WaitingJob | undefined
  /** Of the picture that its worker may still have decoded. */
  sourceKey: string | undefined
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

  /** First what its worker has decoded, and nothing that another has in hand: it follows there. */
  const takeFor = (lane: Lane): WaitingJob | undefined => {
    const isFor = ({ job: { sourceKey } }: WaitingJob): boolean =>
      sourceKey === undefined ||
      !lanes.some((other) => other !== lane && other.running !== undefined && other.sourceKey === sourceKey)
    const own = waiting.findIndex(
      ({ job }) => job.sourceKey !== undefined && job.sourceKey === lane.sourceKey,
    )
    const at = own === -1 ? waiting.findIndex(isFor) : own
    return at === -1 ? undefined : waiting.splice(at, 1)[0]
  }

  const free = (lane: Lane): void => {
    clearTimeout(lane.timer)
    lane.running = undefined
  }

  const hand = (): void => {
    if (lanes.length < count && waiting.length > lanes.filter((lane) => lane.running === undefined).length)
      open()
    for (const lane of lanes) {
      if (!lane.ready || lane.running !== undefined) continue
      const next = takeFor(lane)
      if (next === undefined) continue
      lane.running = next
      lane.sourceKey = next.job.sourceKey
      lane.timer = setTimeout(
        () => lose(lane, new ResizeError('timeout', 'Resizing took too long.')),
        timeoutMs,
      )
      const { picture } = next.job
      try {
        lane.worker.postMessage(next.job, picture instanceof Blob ? [] : [picture])
      } catch (error) {
        // A bitmap that was given away before, or is another origin's: the worker has nothing to answer.
        free(lane)
        next.reject(new ResizeError('failed', String(error)))
      }
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
    if (answer.kind === 'progress') return running.onProgress?.(answer.stage)
    if (running.left && answer.kind === 'made') answer.bitmap.close()
    free(lane)
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
    const lane: Lane = { worker, ready: false, running: undefined, sourceKey: undefined, timer: undefined }
    lanes.push(lane)
    worker.addEventListener('message', ({ data }: MessageEvent<WorkerAnswer>) => heard(lane, data))
    worker.addEventListener('error', (event) => {
      lose(lane, new ResizeError(lane.ready ? 'failed' : 'unavailable', event.message || 'The worker ended.'))
    })
  }

  const ask = async (
    job: Omit<ResizeJob, 'id'>,
    signal: AbortSignal | undefined,
    onProgress?: EncodeOptions['onProgress'],
  ): Promise<Extract<WorkerAnswer, { kind: 'made' | 'encoded' }>> => {
    signal?.throwIfAborted()
    if (unable !== undefined) throw unable
    const { promise, resolve, reject } =
      Promise.withResolvers<Extract<WorkerAnswer, { kind: 'made' | 'encoded' }>>()
    const entry: WaitingJob = { job: { id: nextId++, ...job }, left: false, onProgress, resolve, reject }
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
  }

  if (typeof Worker === 'undefined') giveUp(new ResizeError('unavailable', 'There are no workers here.'))
  return {
    get available() {
      if (unable === undefined && lanes.length === 0) open()
      return available.promise
    },
    resize: async (picture, { widthPx, heightPx, light = 'linear', sourceKey, signal }) => {
      const size = { widthPx, heightPx, maxPixels: undefined }
      const answer = await ask({ picture, sourceKey, ...size, light, encode: undefined }, signal)
      if (answer.kind !== 'made') throw new ResizeError('failed', 'The worker answered another question.')
      return { bitmap: answer.bitmap, ...answer.facts }
    },
    encode: async (picture, { maxPixels, mediaType, quality, onProgress, signal }) => {
      const size = { widthPx: undefined, heightPx: undefined, maxPixels }
      const encode = { mediaType, quality }
      const job = { picture, sourceKey: undefined, ...size, light: 'linear', encode } as const
      const answer = await ask(job, signal, onProgress)
      if (answer.kind !== 'encoded') throw new ResizeError('failed', 'The worker answered another question.')
      return { blob: answer.blob, ...answer.facts }
    },
    close: () => giveUp(new ResizeError('closed', 'The resizer was closed.')),
  }
}

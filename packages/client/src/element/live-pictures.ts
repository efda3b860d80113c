import { fetchPicture } from './fetch-picture.ts'

/**
 * Waiting for a picture that is being made, on its one address: `placeholder=1` is answered with a tiny picture until
 * the picture is there. Elements with the same address wait together.
 */
export interface LivePictures {
  /**
   * Resolves when the address has the picture.
   * @param onPlaceholder called with what can be shown meanwhile
   * @throws LiveError with the server's reason
   */
  ready(url: string, onPlaceholder: (bitmap: ImageBitmap) => void, signal: AbortSignal): Promise<void>
}

/** The server's refusal: `code` from its closed list. */
export class LiveError extends Error {
  override readonly name = 'LiveError'
  readonly code: string
  readonly status: number

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

interface Wait {
  ended: Promise<void>
  placeholder: ImageBitmap | undefined
  told: Set<(bitmap: ImageBitmap) => void>
  /** Ends the asking when nobody waits any more; the server's work goes on. */
  end: AbortController
}

/** The server says two seconds; the first question comes sooner, since small models are fast. */
const pausesMs: readonly number[] = [500, 1000]
const usualPauseMs = 2000
/** Longer than any generation may take. */
const maxAsks = 300

export function createLivePictures(): LivePictures {
  const waits = new Map<string, Wait>()

  const start = (url: string): Wait => {
    const wait: Wait = {
      ended: Promise.resolve(),
      placeholder: undefined,
      told: new Set(),
      end: new AbortController(),
    }
    wait.ended = (async () => {
      for (let ask = 0; ask < maxAsks; ask++) {
        const pauseMs = await once(url, wait)
        if (pauseMs === undefined) return
        await pause(pauseMs || (pausesMs[ask] ?? usualPauseMs), wait.end.signal)
      }
      throw new LiveError(504, 'timeout', 'The picture was not made in time.')
    })().finally(() => {
      // Others may have begun anew meanwhile.
      if (waits.get(url) === wait) waits.delete(url)
      wait.placeholder?.close()
    })
    return wait
  }

  return {
    async ready(url, onPlaceholder, signal) {
      let wait = waits.get(url)
      if (wait === undefined) waits.set(url, (wait = start(url)))
      const { told, placeholder, ended, end } = wait
      told.add(onPlaceholder)
      if (placeholder !== undefined) onPlaceholder(placeholder)
      const leave = (): void => {
        told.delete(onPlaceholder)
        if (told.size > 0) return
        waits.delete(url)
        end.abort()
      }
      signal.addEventListener('abort', leave, { once: true })
      try {
        await ended
      } finally {
        signal.removeEventListener('abort', leave)
      }
    },
  }
}

/** @returns how long to wait before the next question, 0 for as usual; `undefined` when the picture is there */
async function once(url: string, wait: Wait): Promise<number | undefined> {
  const response = await fetchPicture(url, { signal: wait.end.signal })
  const retryMs = Number(response.headers.get('retry-after') ?? 0) * 1000
  if (response.status === 503 && retryMs > 0) return retryMs
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string }
    throw new LiveError(response.status, problem.code ?? 'http', problem.detail ?? `HTTP ${response.status}`)
  }
  if (response.headers.get('cache-status')?.includes('placeholder') !== true) {
    // To its end, so that it is in the cache for the image.
    await response.blob()
    return undefined
  }
  if (wait.placeholder === undefined) {
    wait.placeholder = await createImageBitmap(await response.blob())
    for (const tell of wait.told) tell(wait.placeholder)
  }
  return 0
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
}

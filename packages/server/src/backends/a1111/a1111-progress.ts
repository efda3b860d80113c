import type { EventQueue } from '../wire/event-queue.ts'
import { createPreviewThrottle } from '../previews.ts'
import { isRecord } from '../wire/answer-error.ts'
import type { Connection } from '../wire/connection.ts'
import { previewOf } from '../wire/preview.ts'
import type { WorkEvent } from '../wire/run-in-turn.ts'

/** What `/sdapi/v1/progress` says; the server has one job at work, ours or another client's. */
export interface A1111Progress {
  fraction: number
  step: number
  steps: number
  preview: string | undefined
  /** The id of the job at work; older servers and forks do not say. */
  taskId: string | undefined
}

const maxProgressBytes = 16 * 1024 * 1024

/** `undefined` where the server has no such route, as stable-diffusion.cpp's has none. @throws BackendError */
export async function progressOf(
  connection: Connection,
  signal: AbortSignal,
): Promise<A1111Progress | undefined> {
  const response = await connection.send('/sdapi/v1/progress', { method: 'GET', signal })
  if (response.status === 404) {
    await response.body?.cancel()
    return undefined
  }
  const body = await connection.json(response, maxProgressBytes)
  if (!isRecord(body)) return undefined
  const state = isRecord(body['state']) ? body['state'] : {}
  const image = body['current_image']
  const task = body['current_task']
  return {
    fraction: Math.min(1, Math.max(0, Number(body['progress'] ?? 0) || 0)),
    step: Number(state['sampling_step'] ?? 0) || 0,
    steps: Number(state['sampling_steps'] ?? 0) || 0,
    preview: typeof image === 'string' && image !== '' ? image : undefined,
    taskId: typeof task === 'string' && task !== '' ? task : undefined,
  }
}

/** Asks again and again until the signal aborts, and tells what is about our job. */
export async function watchProgress(
  connection: Connection,
  taskId: string,
  intervalMs: number,
  events: Pick<EventQueue<WorkEvent>, 'push'>,
  signal: AbortSignal,
): Promise<void> {
  const mayPreview = createPreviewThrottle()
  let lastImage: string | undefined
  while (!signal.aborted) {
    const now = await progressOf(connection, signal).catch(() => 'unheard' as const)
    if (now === undefined) return
    if (now !== 'unheard' && (now.taskId ?? taskId) === taskId && now.fraction > 0) {
      const { fraction, step, steps, preview } = now
      events.push({ type: 'progress', fraction, ...(steps > 0 ? { step, steps } : {}) })
      if (preview !== undefined && preview !== lastImage && mayPreview()) {
        lastImage = preview
        const small = await previewOf(Buffer.from(preview.replace(/^data:[^,]*,/u, ''), 'base64'))
        if (small !== undefined) events.push({ type: 'preview', ...small })
      }
    }
    await aborted(signal, intervalMs)
  }
}

/** Settles after a time, or when the signal aborts. */
function aborted(signal: AbortSignal, afterMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, afterMs)
    signal.addEventListener('abort', done, { once: true })
  })
}

import type { ReadonlySignal } from '@preact/signals'
import { useComputed, useSignal, useSignalEffect } from '@preact/signals'
import { ApiError, askJson } from './call.ts'
import { connection, epoch } from './connection.ts'
import { runAgainWith } from './run-again-with.ts'
import { about, key, keyWanted, mayReadFigures } from './session.ts'

/** What is known of an answer. `stale`: the last one, after which the server could not be asked. */
export type Loaded<T> =
  | { state: 'loading' }
  | { state: 'ready'; data: T; stale: boolean }
  | { state: 'not-built' }
  | { state: 'forbidden' }
  | { state: 'failed'; message: string }

export interface ResourceOptions {
  /** Asks again after this long while the page is seen; `undefined`: only when something changes. */
  everyMs?: number
  /** Whether it is among the platform's figures, which ask for the right `admin`. */
  figures?: boolean
  /** Whether everybody may read it, without a key. */
  open?: boolean
}

/**
 * The JSON of a path, asked for again after a while, when the server is back, when the key changes and when
 * somebody reloads it. While the page is hidden or the server is away, nothing is asked.
 */
export function useResource<T>(
  url: ReadonlySignal<string | undefined>,
  { everyMs, figures = false, open = false }: ResourceOptions = {},
): { loaded: ReadonlySignal<Loaded<T>>; reload: () => void } {
  const answer = useSignal<{ url: string; loaded: Loaded<T> } | undefined>(undefined)
  const wish = useSignal(0)
  useSignalEffect(() => {
    const asked = url.value
    runAgainWith(epoch, key, wish)
    if (asked === undefined || about.value === undefined) return undefined
    if (keyWanted.value !== undefined && !open) return undefined
    const controller = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const show = (loaded: Loaded<T>): void => {
      if (!controller.signal.aborted) answer.value = { url: asked, loaded }
    }
    const round = async (): Promise<void> => {
      if (document.visibilityState === 'visible' && connection.peek().state !== 'away')
        await load<T>(
          asked,
          figures,
          controller.signal,
          answer.peek()?.url === asked ? answer.peek() : undefined,
          show,
        )
      if (everyMs !== undefined && !controller.signal.aborted) timer = setTimeout(() => void round(), everyMs)
    }
    void round()
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  })
  const loaded = useComputed<Loaded<T>>(() =>
    answer.value === undefined || answer.value.url !== url.value ? { state: 'loading' } : answer.value.loaded,
  )
  return { loaded, reload: () => (wish.value += 1) }
}

async function load<T>(
  url: string,
  figures: boolean,
  signal: AbortSignal,
  before: { loaded: Loaded<T> } | undefined,
  show: (loaded: Loaded<T>) => void,
): Promise<void> {
  if (figures && !mayReadFigures.peek()) return show({ state: 'forbidden' })
  try {
    show({ state: 'ready', data: await askJson<T>(url, { signal }), stale: false })
  } catch (error) {
    if (signal.aborted) return
    const status = error instanceof ApiError ? error.status : 0
    if (status === 403 && figures) mayReadFigures.value = false
    if (status === 403) show({ state: 'forbidden' })
    else if (status === 404 || status === 501) show({ state: 'not-built' })
    else if (before?.loaded.state === 'ready') show({ ...before.loaded, stale: true })
    else show({ state: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}

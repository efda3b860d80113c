import { setTimeout as sleep } from 'node:timers/promises'
import { BackendError } from '../backend.ts'
import type { SimulatedGpuSettings } from './settings.ts'

/** One run on the device: its model, and how much memory its pictures need together. */
export interface DeviceRun {
  model: string
  megapixels: number
  steps: number
}

/** What a run tells while it goes on. */
export type DeviceEvent =
  | { type: 'queued'; position: number }
  | { type: 'loading' }
  | { type: 'started'; queueMs: number; loadMs: number }
  | { type: 'step'; step: number }
  /** All steps are done; `busyMs` is how long the device was this run's alone. */
  | { type: 'ended'; busyMs: number }

/**
 * An accelerator that takes the declared times and does nothing: one run at a time, in the order they came; one
 * model in memory, with its LoRAs. Aborts take effect while a run waits, and at its next step.
 */
export interface SimulatedDevice {
  /** @throws BackendError; the signal's reason when aborted */
  run(run: DeviceRun, signal: AbortSignal): AsyncGenerator<DeviceEvent, void>
  /** Unloads the model, and mends what ran out of memory. */
  free(): void
  loaded(): readonly string[]
}

export function createSimulatedDevice(
  settings: SimulatedGpuSettings,
  now: () => number = () => performance.now(),
): SimulatedDevice {
  const waiting: (() => void)[] = []
  let isTaken = false
  let isUp = false
  let loaded: string | undefined
  let runs = 0
  let isShort = false
  /** Freed, and not used since: whatever ran out before has room now. */
  let isFreed = false

  async function take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (!isTaken) {
      isTaken = true
      return
    }
    const turn = Promise.withResolvers<void>()
    const leave = (): void => {
      const place = waiting.indexOf(turn.resolve)
      // Woken at the same moment: the turn is passed on by who has it.
      if (place < 0) return
      waiting.splice(place, 1)
      turn.reject(signal.reason as Error)
    }
    waiting.push(turn.resolve)
    signal.addEventListener('abort', leave, { once: true })
    try {
      await turn.promise
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  function release(): void {
    const next = waiting.shift()
    if (next === undefined) isTaken = false
    else next()
  }

  async function load(model: string, signal: AbortSignal): Promise<number> {
    const startedAt = now()
    if (!isUp) await pause(settings.spinUpMs, signal)
    isUp = true
    if (loaded !== model) {
      const isLoraOnly = loaded !== undefined && baseOf(loaded) === baseOf(model)
      loaded = isLoraOnly ? loaded : undefined
      await pause(isLoraOnly ? settings.loadMs / 10 : settings.loadMs, signal)
      loaded = model
    }
    return now() - startedAt
  }

  /** @throws BackendError, as a real server would find it: after the run has begun */
  function checkMemory(run: DeviceRun, number: number): void {
    if (settings.oomEvery > 0 && number % settings.oomEvery === 0 && !isFreed) isShort = true
    isFreed = false
    if (!isShort && run.megapixels <= settings.vramMegapixels) return
    const message = `The simulated GPU ran out of memory at ${run.megapixels.toFixed(2)} megapixels.`
    throw new BackendError('backend_out_of_memory', message, { retry: 'smaller' })
  }

  async function* steps(run: DeviceRun, number: number, signal: AbortSignal): AsyncGenerator<DeviceEvent> {
    const crashAt = settings.crashEvery > 0 && number % settings.crashEvery === 0 ? run.steps / 2 : undefined
    for (let step = 1; step <= run.steps; step += 1) {
      // A step is not interrupted: an accelerator cannot be.
      await sleep(settings.stepMs)
      signal.throwIfAborted()
      if (crashAt !== undefined && step >= crashAt) {
        loaded = undefined
        isUp = false
        throw new BackendError('backend_unavailable', 'The simulated GPU crashed half way.', {
          retry: 'same',
        })
      }
      yield { type: 'step', step }
    }
  }

  return {
    run: async function* run(wanted, signal) {
      signal.throwIfAborted()
      const cameAt = now()
      if (isTaken) yield { type: 'queued', position: waiting.length + 1 }
      await take(signal)
      try {
        signal.throwIfAborted()
        const takenAt = now()
        if (!isUp || loaded !== wanted.model) yield { type: 'loading' }
        const loadMs = await load(wanted.model, signal)
        const startedAt = now()
        yield { type: 'started', queueMs: takenAt - cameAt, loadMs }
        runs += 1
        const number = runs
        checkMemory(wanted, number)
        yield* steps(wanted, number, signal)
        yield { type: 'ended', busyMs: now() - startedAt }
      } finally {
        release()
      }
    },
    free: () => {
      loaded = undefined
      isShort = false
      isFreed = true
    },
    loaded: () => (loaded === undefined ? [] : [loaded]),
  }
}

/** `sim-1+shoes`: the model `sim-1` with the LoRA `shoes`. */
export function baseOf(model: string): string {
  return model.split('+')[0] ?? model
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    throw signal.reason
  }
}

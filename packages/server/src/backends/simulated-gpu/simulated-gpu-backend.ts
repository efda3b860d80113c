import type { Canvas } from '@napi-rs/canvas'
import type {
  Backend,
  BackendBatchEvent,
  BackendCapabilities,
  BackendEvent,
  BackendHealth,
  BackendRequest,
} from '../backend.ts'
import { BackendError, noInputs } from '../backend.ts'
import { createPreviewThrottle } from '../previews.ts'
import type { SimulatedGpuSettings } from './settings.ts'
import { defaultSimulatedGpu } from './settings.ts'
import { createSimulatedDevice } from './simulated-device.ts'
import { drawSimulated, previewOfSimulated } from './simulated-picture.ts'
import { shuttingDown } from '../wire/shutting-down.ts'

/** What the backend may be told besides the device's settings. */
export interface SimulatedGpuOptions {
  settings?: Partial<SimulatedGpuSettings>
  /** A monotonic clock in milliseconds, for timings and previews; never part of the picture. */
  now?: () => number
}

/**
 * A backend for development that behaves like a GPU server and has no model: it takes the declared time to start,
 * to load and for each step, runs one batch at a time, runs out of memory and crashes where it is told to, and
 * draws a plain deterministic picture, marked as made by an algorithm. Its models have any name, e.g. `sim-1`, and
 * LoRAs as `sim-1+shoes`.
 */
export function createSimulatedGpuBackend(options: SimulatedGpuOptions = {}): Backend {
  const settings = { ...defaultSimulatedGpu, ...options.settings }
  const now = options.now ?? ((): number => performance.now())
  const device = createSimulatedDevice(settings, now)
  const closing = new AbortController()
  const within = (signal: AbortSignal | undefined): AbortSignal =>
    signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])

  async function* runBatch(
    requests: readonly BackendRequest[],
    caller: AbortSignal,
  ): AsyncGenerator<BackendBatchEvent> {
    const signal = within(caller)
    const [first] = requests
    if (first === undefined) throw refusal('A batch has one request at least.')
    const steps = first.steps ?? settings.steps
    const megapixels = (requests.length * first.widthPx * first.heightPx) / 1e6
    const all = function* tell(event: BackendEvent): Generator<BackendBatchEvent> {
      for (const { id } of requests) yield { requestId: id, ...event }
    }
    const mayPreview = createPreviewThrottle(now)
    let pictures: Canvas[] = []
    let timings = { queueMs: 0, loadMs: 0 }
    let busyMs = 0
    for await (const event of device.run({ model: first.model, megapixels, steps }, signal)) {
      if (event.type === 'queued' || event.type === 'loading') yield* all(event)
      else if (event.type === 'started') {
        timings = { queueMs: event.queueMs, loadMs: event.loadMs }
        yield* all({ type: 'started' })
      } else if (event.type === 'step') {
        const fraction = event.step / steps
        if (pictures.length === 0) pictures = await Promise.all(requests.map(drawSimulated))
        yield* all({ type: 'progress', fraction, step: event.step, steps })
        if (event.step < steps && mayPreview()) {
          for (const [index, { id }] of requests.entries()) {
            const picture = pictures[index]
            if (picture === undefined) continue
            const bytes = await previewOfSimulated(picture, fraction)
            yield { requestId: id, type: 'preview', bytes, mediaType: 'image/jpeg' }
          }
        }
      } else busyMs = event.busyMs
    }
    for (const [index, request] of requests.entries()) {
      const bytes = new Uint8Array((await pictures[index]?.encode('png')) ?? [])
      signal.throwIfAborted()
      yield { requestId: request.id, type: 'image', bytes, mediaType: 'image/png' }
      yield {
        requestId: request.id,
        type: 'done',
        timings: { ...timings, generateMs: busyMs },
        gpuSeconds: busyMs / 1000 / requests.length,
        warnings: [],
      }
    }
  }

  async function* generate(request: BackendRequest, signal: AbortSignal): AsyncGenerator<BackendEvent> {
    checkRequest(request)
    for await (const { requestId: _, ...event } of runBatch([request], signal)) {
      if (event.type !== 'failed') yield event
    }
  }

  const backend: Backend = {
    name: 'simulated-gpu',
    capabilities: () => capabilitiesOf(settings),
    health: (): Promise<BackendHealth> =>
      Promise.resolve(
        closing.signal.aborted ? { state: 'failed', reason: 'The backend is closed.' } : { state: 'ready' },
      ),
    warm: async (model, signal) => {
      const events = generate({ ...smallest, model }, within(signal))
      // Running it to its end is the point; what it draws is thrown away.
      for await (const _ of events);
    },
    generate,
    free: () => Promise.resolve(device.free()),
    loaded: () => Promise.resolve(device.loaded()),
    close: () => {
      closing.abort(shuttingDown())
      return Promise.resolve()
    },
  }
  if (settings.batch === 1) return backend
  return {
    ...backend,
    generateBatch: async function* generateBatch(requests, signal) {
      checkBatch(requests, settings)
      yield* runBatch(requests, signal)
    },
  }
}

const smallest: BackendRequest = {
  id: 'warm',
  model: 'sim-1',
  prompt: 'warm',
  negative: undefined,
  style: undefined,
  widthPx: 64,
  heightPx: 64,
  seed: 0,
  inputs: noInputs,
  strength: undefined,
  steps: 1,
}

function capabilitiesOf({ batch }: SimulatedGpuSettings): BackendCapabilities {
  return {
    kind: 'procedural',
    rendererVersion: 'simulated-gpu-1',
    sizes: null,
    seed: true,
    negative: true,
    style: true,
    progress: true,
    previews: true,
    cancel: true,
    edits: { image: true, mask: true, variation: true, references: 4 },
    batch,
  }
}

/** Whether it is a name of letters, digits and `. _ / : @ -`, and LoRAs of such names behind a `+` each. */
export function isSimulatedModel(model: string): boolean {
  return /^[\w./:@-]{1,80}(?:\+[\w./:@-]{1,80})*$/u.test(model)
}

function checkModel(model: string): void {
  if (isSimulatedModel(model)) return
  const message = `The simulated GPU has models like sim-1 and sim-1+some-lora, not ${model.slice(0, 80)}.`
  throw new BackendError('unknown_model', message, { retry: 'never' })
}

const sides = { minPx: 16, maxPx: 8192 }

function checkRequest({ model, widthPx, heightPx, prompt, inputs }: BackendRequest): void {
  checkModel(model)
  // A picture can be varied without one.
  if (prompt.trim() === '' && inputs.image === undefined)
    throw refusal('The prompt is empty: say what the picture shows.')
  const isSide = (side: number): boolean =>
    Number.isInteger(side) && side >= sides.minPx && side <= sides.maxPx
  if (isSide(widthPx) && isSide(heightPx)) return
  throw new BackendError(
    'unsupported_by_backend',
    `The simulated GPU draws sides of ${sides.minPx} to ${sides.maxPx} pixels, not ${widthPx}x${heightPx}.`,
    { retry: 'never' },
  )
}

function checkBatch(requests: readonly BackendRequest[], { batch }: SimulatedGpuSettings): void {
  for (const request of requests) checkRequest(request)
  const shapes = new Set(requests.map((each) => [each.model, each.widthPx, each.heightPx, each.steps].join()))
  if (requests.length >= 1 && requests.length <= batch && shapes.size === 1) return
  throw refusal(`A batch is 1 to ${batch} requests of one model, size and number of steps.`)
}

function refusal(message: string): BackendError {
  return new BackendError('invalid_request', message, { retry: 'never' })
}

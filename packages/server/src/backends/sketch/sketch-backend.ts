import { createCanvas, type Canvas } from '@napi-rs/canvas'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  BackendError,
  noEdits,
  noInputs,
  type Backend,
  type BackendCapabilities,
  type BackendEvent,
  type BackendRequest,
} from '../backend.ts'
import { refuseInputs } from '../refuse-inputs.ts'
import { chooseScene, planPicture } from './plan.ts'
import { encodePng } from './png.ts'
import { createRandom } from './random.ts'
import { warningsOf } from './warnings.ts'
import { parsePrompt } from './words/parse-prompt.ts'

/** The one model of this backend. */
const modelName = 'sketch-1'

const capabilities: BackendCapabilities = Object.freeze({
  kind: 'procedural',
  rendererVersion: 'sketch-1.0',
  sizes: null,
  seed: true,
  negative: true,
  style: true,
  progress: true,
  previews: true,
  cancel: true,
  edits: noEdits,
  batch: 1,
})

/** Longest side of a preview (the limit of the seam), and how many a drawing makes at most. */
const previewSidePx = 256
const previewCount = 3
const previewQuality = 72

export interface SketchOptions {
  /** Milliseconds for `timings`; never part of the drawing. */
  now?: () => number
}

/**
 * The embedded procedural backend: draws scenes and subjects that the prompt names, with Skia.
 * The same prompt, negative prompt, style, seed and size give the same bytes in every process.
 *
 * CPU at 1024², one core of a shared virtual machine: drawing 40–150 ms (woods and watercolour most),
 * PNG 50 ms; at 4096×2048 about 0.8 s in all and 500 MB of process memory at most over 18 pictures.
 */
export function createSketchBackend(options: SketchOptions = {}): Backend {
  return new SketchBackend(options.now ?? (() => performance.now()))
}

class SketchBackend implements Backend {
  readonly name = 'sketch'
  readonly #now: () => number
  #warm = false

  constructor(now: () => number) {
    this.#now = now
  }

  capabilities(): BackendCapabilities {
    return capabilities
  }

  health(): Promise<{ state: 'ready' }> {
    return Promise.resolve({ state: 'ready' })
  }

  async warm(model: string, signal?: AbortSignal): Promise<void> {
    const request: BackendRequest = {
      id: 'warm',
      model,
      prompt: 'sea',
      negative: undefined,
      style: undefined,
      widthPx: 64,
      heightPx: 64,
      seed: 0,
      inputs: noInputs,
      strength: undefined,
      steps: undefined,
    }
    const events = this.generate(request, signal ?? new AbortController().signal)
    // Running it to its end is the point; what it draws is thrown away.
    for await (const _ of events);
  }

  async *generate(request: BackendRequest, signal: AbortSignal): AsyncGenerator<BackendEvent> {
    checkModel(request.model)
    checkSize(request)
    refuseInputs(this.name, request)
    signal.throwIfAborted()
    const startedAt = this.#now()
    if (!this.#warm) yield { type: 'loading' }
    yield { type: 'started' }
    const reading = parsePrompt(request.prompt, request.negative, request.style)
    const canvas = createCanvas(request.widthPx, request.heightPx)
    const layers = planPicture(request, reading, canvas.getContext('2d', { alpha: false }))
    let previews = 0
    for (const [index, layer] of layers.entries()) {
      // A turn of the event loop between layers, so that requests are served and an abort arrives.
      await nextTurn()
      signal.throwIfAborted()
      layer.draw()
      const fraction = (index + 1) / (layers.length + 1)
      yield { type: 'progress', fraction, step: index + 1, steps: layers.length + 1 }
      if (fraction >= (previews + 1) / (previewCount + 1)) {
        previews += 1
        yield { type: 'preview', bytes: await previewOf(canvas), mediaType: 'image/jpeg' }
      }
    }
    signal.throwIfAborted()
    const bytes = await encodePng(canvas, signal)
    this.#warm = true
    yield { type: 'progress', fraction: 1, step: layers.length + 1, steps: layers.length + 1 }
    yield { type: 'image', bytes, mediaType: 'image/png' }
    const scene = chooseScene(reading, createRandom(`${request.seed}/${request.prompt}`).fork('scene'))
    const warnings = [...warningsOf(reading, scene, request.style), ...ignoredSteps(request)]
    yield { type: 'done', timings: { generateMs: this.#now() - startedAt }, costUsd: 0, warnings }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

function ignoredSteps({ steps }: BackendRequest): string[] {
  return steps === undefined ? [] : ['The number of steps was ignored: a sketch is drawn in layers.']
}

/** The picture so far, at most 256 pixels on its longest side. */
async function previewOf(canvas: Canvas): Promise<Uint8Array> {
  const scale = Math.min(1, previewSidePx / Math.max(canvas.width, canvas.height))
  const small = createCanvas(
    Math.max(1, Math.round(canvas.width * scale)),
    Math.max(1, Math.round(canvas.height * scale)),
  )
  const context = small.getContext('2d', { alpha: false })
  context.imageSmoothingQuality = 'high'
  context.drawImage(canvas, 0, 0, small.width, small.height)
  return small.encode('jpeg', previewQuality)
}

/** The limits of the API; a canvas beyond them would take more memory than one picture may. */
const sides = { minPx: 64, maxPx: 4096, maxPixels: 8 * 1024 * 1024 }

function checkSize({ widthPx, heightPx }: BackendRequest): void {
  const isSide = (side: number): boolean =>
    Number.isInteger(side) && side >= sides.minPx && side <= sides.maxPx
  if (isSide(widthPx) && isSide(heightPx) && widthPx * heightPx <= sides.maxPixels) return
  throw new BackendError(
    'unsupported_by_backend',
    `The sketch backend draws sides of ${sides.minPx} to ${sides.maxPx} pixels and at most 8 megapixels, not ${widthPx}x${heightPx}.`,
    { retry: 'never' },
  )
}

/** Whether it is the one model that is drawn here. */
export function isSketchModel(model: string): boolean {
  return model === modelName
}

function checkModel(model: string): void {
  if (isSketchModel(model)) return
  throw new BackendError('unknown_model', `The sketch backend has one model: ${modelName}, not ${model}.`, {
    retry: 'never',
  })
}

import type { Backend, BackendCapabilities, BackendEvent, BackendInput, BackendRequest } from '../backend.ts'
import { BackendError, noEdits } from '../backend.ts'
import { isRecord } from '../wire/answer-error.ts'
import type { Deadline } from '../wire/deadline.ts'
import { startDeadline } from '../wire/deadline.ts'
import { pictureMediaType } from '../wire/picture-signature.ts'
import { publicText, sentence } from '../wire/public-text.ts'
import { callError } from './call-error.ts'
import type { ImageModelFile, ImageModelLike } from './image-model.ts'
import { orAborted } from '../wire/or-aborted.ts'
import { shuttingDown } from '../wire/shutting-down.ts'

/** What the bridge needs to know. */
export interface AiSdkBackendOptions {
  /** By the names of `darkroom.config.ts`. */
  models: Readonly<Record<string, ImageModelLike>>
  timeoutMs?: number | undefined
  /** The largest picture that is taken. Default 64 MiB. */
  maxBytes?: number | undefined
  now?: (() => number) | undefined
}

/** A bridge to any image model of the AI SDK: hosted providers, without progress, previews or a promise to stop. */
export function createAiSdkBackend(options: AiSdkBackendOptions): Backend {
  const { models, timeoutMs = 300_000, maxBytes = 64 * 1024 * 1024, now = Date.now } = options
  const closing = new AbortController()
  const modelNamed = (name: string): ImageModelLike => {
    const model = Object.hasOwn(models, name) ? models[name] : undefined
    if (model !== undefined) return model
    const message = `There is no image model ${JSON.stringify(name)} in darkroom.config.ts: its operator must add it.`
    throw new BackendError('backend_failed', message, { retry: 'never' })
  }
  return {
    name: 'aisdk',
    capabilities: (name) => capabilitiesOf(Object.hasOwn(models, name) ? models[name] : undefined),
    // Asking a hosted provider costs money or says nothing.
    health: () => Promise.resolve({ state: 'ready' }),
    warm: (name, signal) =>
      new Promise((resolve) => {
        signal?.throwIfAborted()
        modelNamed(name)
        resolve()
      }),
    generate: (request, signal) =>
      run({
        model: () => modelNamed(request.model),
        request,
        deadline: () => startDeadline({ caller: signal, closing: closing.signal, timeoutMs }),
        maxBytes,
        now,
      }),
    close: () => {
      closing.abort(shuttingDown())
      return Promise.resolve()
    },
  }
}

function capabilitiesOf(model: ImageModelLike | undefined): BackendCapabilities {
  // Version 2 knew no pictures to start from.
  const edits = model !== undefined && model.specificationVersion !== 'v2'
  return {
    kind: 'model',
    rendererVersion: `aisdk-1-${model?.provider ?? 'none'}-${model?.modelId ?? 'none'}`,
    sizes: null,
    // Handed over; whether the provider heeds it, it says in a warning.
    seed: true,
    negative: false,
    style: false,
    progress: false,
    previews: false,
    cancel: false,
    edits: edits ? { image: true, mask: true, variation: false, references: 7 } : noEdits,
    batch: 1,
  }
}

interface Run {
  model: () => ImageModelLike
  request: BackendRequest
  deadline: () => Deadline
  maxBytes: number
  now: () => number
}

async function* run({ model, request, deadline: start, maxBytes, now }: Run): AsyncGenerator<BackendEvent> {
  const deadline = start()
  const { signal } = deadline
  try {
    signal.throwIfAborted()
    const chosen = model()
    checkInputs(chosen, request)
    const startedAtMs = now()
    yield { type: 'started' }
    signal.throwIfAborted()
    const answer = await orAborted(
      Promise.resolve(
        chosen.doGenerate({
          prompt: request.prompt,
          n: 1,
          size: `${request.widthPx}x${request.heightPx}`,
          aspectRatio: undefined,
          seed: request.seed,
          files: filesOf(request),
          mask: request.inputs.mask && fileOf(request.inputs.mask),
          providerOptions: {},
          abortSignal: signal,
        }),
      ),
      signal,
    )
    const picture = pictureOf(answer.images[0], maxBytes)
    const generateMs = Math.max(0, now() - startedAtMs)
    signal.throwIfAborted()
    yield { type: 'image', ...picture }
    yield { type: 'done', timings: { generateMs }, warnings: warningsOf(request, answer.warnings) }
  } catch (error) {
    throw signal.aborted ? deadline.explain(error) : callError(error)
  } finally {
    deadline.end()
  }
}

/** @throws BackendError unsupported_by_backend */
function checkInputs(model: ImageModelLike, { inputs }: BackendRequest): void {
  const none = inputs.image === undefined && inputs.mask === undefined && inputs.references.length === 0
  if (
    none ||
    (model.specificationVersion !== 'v2' && (inputs.mask === undefined || inputs.image !== undefined))
  )
    return
  const message = `The model ${model.modelId} draws from a prompt alone: leave out image, mask and references.`
  throw new BackendError('unsupported_by_backend', message, { retry: 'never' })
}

function fileOf({ bytes, mediaType }: BackendInput): ImageModelFile {
  return { type: 'file', mediaType, data: bytes }
}

function filesOf({ inputs: { image, references } }: BackendRequest): ImageModelFile[] | undefined {
  const files = [...(image === undefined ? [] : [image]), ...references]
  return files.length === 0 ? undefined : files.map(fileOf)
}

function pictureOf(image: unknown, maxBytes: number): { bytes: Uint8Array; mediaType: string } {
  const refuse = (what: string): never => {
    throw new BackendError('backend_bad_answer', `The provider ${what}.`, { retry: 'never' })
  }
  if (image === undefined || image === '') refuse('answered without a picture')
  const bytes = typeof image === 'string' ? Buffer.from(image, 'base64') : image
  if (!(bytes instanceof Uint8Array)) return refuse('sent something that is no picture')
  if (bytes.byteLength > maxBytes) refuse(`sent a picture of more than ${maxBytes} bytes`)
  const mediaType = pictureMediaType(bytes)
  return mediaType === undefined
    ? refuse('sent something that is no PNG, JPEG or WebP picture')
    : { bytes, mediaType }
}

function warningsOf(request: BackendRequest, warnings: readonly unknown[]): string[] {
  const ignored = (what: string): string => `The ${what} was ignored: the provider takes none.`
  return [
    ...(request.negative === undefined ? [] : [ignored('negative prompt')]),
    ...(request.style === undefined ? [] : [ignored('style')]),
    ...(request.steps === undefined ? [] : [ignored('number of steps')]),
    ...(request.strength === undefined ? [] : [ignored('strength')]),
    ...warnings.flatMap((warning) => warningText(warning) ?? []),
  ]
}

/** A provider's own warning: of a setting (version 2), a feature (3 and later), or in words. */
function warningText(warning: unknown): string | undefined {
  if (!isRecord(warning)) return undefined
  const details = publicText(warning['details'] ?? warning['message'], undefined)
  const what = publicText(warning['setting'] ?? warning['feature'], undefined)
  if (what !== undefined) {
    return `The provider did not take ${what} into account.${details === undefined ? '' : ` It said: ${sentence(details)}`}`
  }
  return details === undefined ? undefined : `The provider said: ${sentence(details)}`
}

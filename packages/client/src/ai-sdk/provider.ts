import type {
  ImageModelV4,
  ImageModelV4CallOptions,
  ImageModelV4Result,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { ApiError } from '../api/api-error.ts'
import type { Client, ClientOptions } from '../api/client.ts'
import { createClient } from '../api/client.ts'
import type { Generation, GenerationRequest } from '../api/schema.ts'

/** Makes image models of a Darkroom server: `darkroom('default')`. */
export interface DarkroomProvider {
  (modelId: string): ImageModelV4
  image(modelId: string): ImageModelV4
  imageModel(modelId: string): ImageModelV4
}

/** Pictures of one request; the server takes no more. */
const maxImagesPerCall = 10

/** Fields of a request that `providerOptions.darkroom` may set. */
const ownFields = ['negative', 'style', 'scope', 'tags'] as const

/**
 * An AI SDK provider (specification v4).
 * @example
 * const darkroom = createDarkroom({ baseUrl: 'http://127.0.0.1:8787', key: process.env.DARKROOM_API_KEY })
 * const { image } = await generateImage({ model: darkroom('default'), prompt: 'A red fox', size: '1024x768', seed: 7 })
 */
export function createDarkroom(options: ClientOptions = {}): DarkroomProvider {
  const client = createClient(options)
  const model = (modelId: string): ImageModelV4 => ({
    specificationVersion: 'v4',
    provider: 'darkroom',
    modelId,
    maxImagesPerCall,
    supportsFileInputs: false,
    supportsMaskInputs: false,
    doGenerate: async (call) => await generate(client, modelId, call),
  })
  return Object.assign(model, { image: model, imageModel: model })
}

async function generate(
  client: Client,
  modelId: string,
  call: ImageModelV4CallOptions,
): Promise<ImageModelV4Result> {
  const { request, warnings } = requestOf(modelId, call)
  const startedAt = new Date()
  const generation = await client.generate(request, { signal: call.abortSignal })
  const stored = generation.images.filter((image) => image.status === 'stored' && image.id !== null)
  const images = await Promise.all(
    stored.map(async ({ id }) => await bytesOf(client, id ?? '', call.abortSignal)),
  )
  return {
    images,
    warnings: [...warnings, ...warningsOf(generation)],
    providerMetadata: {
      darkroom: {
        generationId: generation.id,
        images: stored.map(({ id, url, key, seed, width, height }) => ({
          id,
          url,
          key,
          seed,
          width,
          height,
        })),
      },
    },
    response: { timestamp: startedAt, modelId: generation.model, headers: undefined },
  }
}

function requestOf(
  modelId: string,
  { prompt, n, size, aspectRatio, seed, files, mask, providerOptions, headers }: ImageModelV4CallOptions,
): { request: GenerationRequest; warnings: SharedV4Warning[] } {
  if (prompt === undefined || prompt === '') {
    throw new ApiError('A prompt is needed.', { status: 0, code: 'invalid_request', param: 'prompt' })
  }
  const warnings: SharedV4Warning[] = []
  const ignored = { files: files?.length ?? 0, mask: mask === undefined ? 0 : 1, headers: countOf(headers) }
  for (const [feature, count] of Object.entries(ignored)) {
    if (count > 0)
      warnings.push({ type: 'unsupported', feature, details: `${feature} are not sent to Darkroom.` })
  }
  const request: GenerationRequest = { prompt, model: modelId, n }
  if (size !== undefined) request.size = size
  else if (aspectRatio !== undefined) request.ar = aspectRatio
  if (seed !== undefined) request.seed = seed
  const own: Record<string, unknown> = providerOptions['darkroom'] ?? {}
  for (const name of ownFields) if (own[name] !== undefined) Object.assign(request, { [name]: own[name] })
  return { request, warnings }
}

/** The SDK itself names its version in a header. */
function countOf(headers: Record<string, string | undefined> | undefined): number {
  return Object.keys(headers ?? {}).filter((name) => name.toLowerCase() !== 'user-agent').length
}

async function bytesOf(client: Client, id: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const response = await client.image(id, { format: 'png' }, { signal })
  return new Uint8Array(await response.arrayBuffer())
}

function warningsOf({ images }: Generation): SharedV4Warning[] {
  const failed = images.filter((image) => image.status !== 'stored').length
  const words = new Set(images.flatMap((image) => image.warnings))
  if (failed > 0) words.add(`${failed} of ${images.length} pictures could not be made.`)
  return [...words].map((message) => ({ type: 'other', message }))
}

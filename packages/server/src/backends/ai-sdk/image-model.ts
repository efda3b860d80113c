/** A picture to start from, as the AI SDK's image models take it. */
export interface ImageModelFile {
  type: 'file'
  mediaType: string
  data: Uint8Array
}

/** What an image model of the AI SDK is asked. Methods below, so that every version's stricter options fit. */
export interface ImageModelCall {
  prompt: string
  n: number
  size: `${number}x${number}`
  aspectRatio: undefined
  seed: number
  files: ImageModelFile[] | undefined
  mask: ImageModelFile | undefined
  providerOptions: Record<string, never>
  abortSignal: AbortSignal
}

/** What it answers, not yet believed. */
export interface ImageModelAnswer {
  images: readonly unknown[]
  warnings: readonly unknown[]
}

/**
 * The part of an AI SDK image model (`ImageModelV2`, `V3`, `V4` of `@ai-sdk/provider`) that is used: whatever has
 * this shape can be given in `darkroom.config.ts`. The package itself is not needed.
 */
export interface ImageModelLike {
  readonly specificationVersion: string
  readonly provider: string
  readonly modelId: string
  doGenerate(options: ImageModelCall): PromiseLike<ImageModelAnswer>
}

/** Whether a value of the configuration file is such a model. */
export function isImageModel(value: unknown): value is ImageModelLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    'specificationVersion' in value &&
    'modelId' in value &&
    typeof value.modelId === 'string' &&
    'doGenerate' in value &&
    typeof value.doGenerate === 'function'
  )
}

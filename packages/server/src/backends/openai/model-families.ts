/** What one family of OpenAI's image models accepts, as far as it changes what we send. */
export interface ModelFamily {
  name: string
  /** Exact sizes, or `null` where `sizeFault` decides. */
  sizes: readonly { widthPx: number; heightPx: number }[] | null
  /** Why a size cannot be made, as the end of a sentence; `undefined` when it can. */
  sizeFault(widthPx: number, heightPx: number): string | undefined
  /** The most UTF-16 code units of a prompt; `null`: no limit below the API's own. */
  maxPromptChars: number | null
  /** How to ask for the bytes themselves: GPT models refuse `response_format`, the others need it. */
  asks: 'output_format' | 'response_format'
  /** Whether partial pictures can be streamed. */
  streams: boolean
  /** The values of `style`; empty where the parameter does not exist. */
  styles: readonly string[]
}

function exactSizes(...sizes: readonly [number, number][]): Pick<ModelFamily, 'sizes' | 'sizeFault'> {
  const list = sizes.map(([widthPx, heightPx]) => ({ widthPx, heightPx }))
  const names = list.map((size) => `${size.widthPx}x${size.heightPx}`).join(', ')
  return {
    sizes: list,
    sizeFault: (widthPx, heightPx) =>
      list.some((size) => size.widthPx === widthPx && size.heightPx === heightPx)
        ? undefined
        : `it draws ${names}: ask for one of these`,
  }
}

/** Pixel limits of a picture of the second generation (OpenAI's image guide, 2026-11). */
const flexible = {
  sideMultiplePx: 16,
  maxSidePx: 3840,
  minPixels: 655_360,
  maxPixels: 8_294_400,
  maxRatio: 3,
}

function flexibleSizeFault(widthPx: number, heightPx: number): string | undefined {
  const { sideMultiplePx, maxSidePx, minPixels, maxPixels, maxRatio } = flexible
  if (widthPx % sideMultiplePx !== 0 || heightPx % sideMultiplePx !== 0) {
    return `its sides must be multiples of ${sideMultiplePx}, e.g. 1024x768`
  }
  if (Math.max(widthPx, heightPx) > maxSidePx) return `its longer side is at most ${maxSidePx}`
  if (Math.max(widthPx, heightPx) > maxRatio * Math.min(widthPx, heightPx)) {
    return `its sides must lie within ${maxRatio}:1`
  }
  const pixels = widthPx * heightPx
  if (pixels < minPixels || pixels > maxPixels) {
    return `it draws ${minPixels} to ${maxPixels} pixels, e.g. 1024x1024`
  }
  return undefined
}

const gptImage1: ModelFamily = {
  name: 'gpt-image-1',
  ...exactSizes([1024, 1024], [1536, 1024], [1024, 1536]),
  maxPromptChars: 32_000,
  asks: 'output_format',
  streams: true,
  styles: [],
}

const gptImage2: ModelFamily = {
  ...gptImage1,
  name: 'gpt-image-2',
  sizes: null,
  sizeFault: flexibleSizeFault,
}

const dallE3: ModelFamily = {
  name: 'dall-e-3',
  ...exactSizes([1024, 1024], [1792, 1024], [1024, 1792]),
  maxPromptChars: 4000,
  asks: 'response_format',
  streams: false,
  styles: ['vivid', 'natural'],
}

const dallE2: ModelFamily = {
  name: 'dall-e-2',
  ...exactSizes([256, 256], [512, 512], [1024, 1024]),
  maxPromptChars: 1000,
  asks: 'response_format',
  streams: false,
  styles: [],
}

/** A server that takes any size and answers once, with JSON. */
export const compatible: ModelFamily = {
  name: 'compatible',
  sizes: null,
  sizeFault: () => undefined,
  maxPromptChars: null,
  asks: 'response_format',
  streams: false,
  styles: [],
}

/**
 * The family of a model, by its name (dated snapshots included), on OpenAI's servers and on any other that uses
 * OpenAI's names. A name that OpenAI does not use belongs to a compatible server: any size, one JSON answer.
 * (`gpt-image-1` and the `dall-e` models were retired by OpenAI in 2026; gateways still offer them.)
 */
export function familyOf(model: string): ModelFamily {
  if (model === 'chatgpt-image-latest' || /^gpt-image-1(?:\b|$)/u.test(model)) return gptImage1
  if (/^gpt-image-\d/u.test(model)) return gptImage2
  if (/^dall-e-3\b/u.test(model)) return dallE3
  if (/^dall-e-2\b/u.test(model)) return dallE2
  return compatible
}

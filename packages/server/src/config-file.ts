import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { ImageModelLike } from './backends/ai-sdk/image-model.ts'
import { isImageModel } from './backends/ai-sdk/image-model.ts'
import type { Config } from './config.ts'
import { ConfigError } from './config-variable.ts'

/** What `darkroom.config.ts` may say. The environment comes first: a variable that is set wins. */
export interface ConfigFile {
  /**
   * Public names and who draws them, as in `DARKROOM_MODELS`: `{ default: 'openai:gpt-image-2' }`; or an image model
   * of the AI SDK, whose backend then is `aisdk` and whose model is its public name.
   */
  models?: Readonly<Record<string, string | ImageModelLike>>
}

/**
 * Gives a configuration file its type.
 * @example
 * import { defineConfig } from '@darkroom/server'
 * export default defineConfig({ models: { default: 'openai:gpt-image-2', '*': 'sketch:sketch-1' } })
 */
export function defineConfig(file: ConfigFile): ConfigFile {
  return file
}

const names = ['darkroom.config.ts', 'darkroom.config.js', 'darkroom.config.mjs'] as const

const target = z.union(
  [z.string(), z.custom<ImageModelLike>(isImageModel)],
  'must be backend:model, or an image model of the AI SDK',
)

const schema = z.strictObject({ models: z.record(z.string(), target).optional() })

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The environment with what the configuration file of a folder adds to it. Without a file it stays as it is.
 * @throws ConfigError naming the file, when it cannot be loaded or says something unknown
 */
export async function withConfigFile(environment: Environment, folder: string): Promise<Environment> {
  const name = names.find((each) => existsSync(join(folder, each)))
  if (name === undefined) return environment
  const { models } = await readConfigFile(join(folder, name), name)
  if (models === undefined || (environment['DARKROOM_MODELS'] ?? '') !== '') return environment
  const text = Object.entries(models).map(
    ([alias, to]) => `${alias}=${typeof to === 'string' ? to : `aisdk:${imageModelName(alias)}`}`,
  )
  return { ...environment, DARKROOM_MODELS: text.join(',') }
}

/** The name that `aisdk:` goes before; `*` is none that a model can have. */
function imageModelName(alias: string): string {
  return alias === '*' ? 'any' : alias
}

/**
 * The configuration with the image models of the AI SDK that the file of a folder gives.
 * @throws ConfigError naming the file, or `DARKROOM_MODELS` for a model that the file does not have
 */
export async function withImageModels(config: Config, folder: string): Promise<Config> {
  const name = names.find((each) => existsSync(join(folder, each)))
  const { models = {} } = name === undefined ? {} : await readConfigFile(join(folder, name), name)
  const imageModels: Record<string, ImageModelLike> = {}
  for (const [alias, to] of Object.entries(models)) {
    if (typeof to !== 'string') imageModels[imageModelName(alias)] = to
  }
  const missing = config.models
    .list()
    .filter(({ backend, model }) => backend === 'aisdk' && !Object.hasOwn(imageModels, model))
  if (missing.length === 0) return Object.freeze({ ...config, imageModels })
  throw new ConfigError(
    missing.map(({ model }) => ({
      variable: 'DARKROOM_MODELS',
      message: `aisdk:${model} needs an image model of that name in darkroom.config.ts: models: { ${JSON.stringify(model)}: … }`,
    })),
  )
}

async function readConfigFile(path: string, name: string): Promise<z.output<typeof schema>> {
  let content: unknown
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown }
    content = module.default
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError([{ variable: name, message: `cannot be loaded: ${reason}` }])
  }
  const parsed = schema.safeParse(content)
  if (parsed.success) return parsed.data
  throw new ConfigError(
    parsed.error.issues.map((issue) => ({
      variable: name,
      message: `${issue.path.join('.') || 'default export'}: ${issue.message}`,
    })),
  )
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { ConfigError } from './config-variable.ts'

/** What `darkroom.config.ts` may say. The environment comes first: a variable that is set wins. */
export interface ConfigFile {
  /** Public names and who draws them, as in `DARKROOM_MODELS`: `{ default: 'openai:gpt-image-2' }`. */
  models?: Readonly<Record<string, string>>
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

const schema = z.strictObject({ models: z.record(z.string(), z.string()).optional() })

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
  const text = Object.entries(models).map(([alias, target]) => `${alias}=${target}`)
  return { ...environment, DARKROOM_MODELS: text.join(',') }
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

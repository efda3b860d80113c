import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseConfig } from './config.ts'
import { withConfigFile, withImageModels } from './config-file.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-config-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

describe('darkroom.config', () => {
  test('without a file the environment stays as it is', async () => {
    const environment = { PORT: '1' }
    expect(await withConfigFile(environment, folder)).toBe(environment)
  })

  test('its models are those of DARKROOM_MODELS, which wins when it is set', async () => {
    await writeFile(
      join(folder, 'darkroom.config.mjs'),
      `export default { models: { default: 'openai:any', '*': 'sketch:sketch-1' } }`,
    )
    expect(await withConfigFile({}, folder)).toEqual({
      DARKROOM_MODELS: 'default=openai:any,*=sketch:sketch-1',
    })
    const set = { DARKROOM_MODELS: 'default=sketch:sketch-1' }
    expect(await withConfigFile(set, folder)).toBe(set)
  })

  test.each([
    ['export default { modells: {} }', /darkroom\.config\.mjs.*modells/su],
    ['export default { models: { default: 1 } }', /models\.default/u],
    ['throw new Error("broken here")', /cannot be loaded: broken here/u],
    ['export const models = {}', /default export/u],
  ])('%s is a fault that names the file', async (text, message) => {
    await writeFile(join(folder, 'darkroom.config.mjs'), text)
    await expect(withConfigFile({}, folder)).rejects.toThrow(message)
  })
})

describe('image models of the AI SDK', () => {
  const model = `{ specificationVersion: 'v4', provider: 'toy', modelId: 'toy-1', doGenerate() {} }`

  test('are named by their public name', async () => {
    await writeFile(
      join(folder, 'darkroom.config.mjs'),
      `export default { models: { default: ${model}, '*': 'sketch:sketch-1' } }`,
    )
    const environment = await withConfigFile({}, folder)
    expect(environment).toEqual({ DARKROOM_MODELS: 'default=aisdk:default,*=sketch:sketch-1' })
    const { imageModels } = await withImageModels(parseConfig(environment), folder)
    expect(imageModels['default']).toMatchObject({ modelId: 'toy-1' })
  })

  test('that are named and not given stop the start', async () => {
    const config = parseConfig({ DARKROOM_MODELS: 'default=aisdk:flux' })
    await expect(withImageModels(config, folder)).rejects.toThrow(/aisdk:flux.*darkroom\.config\.ts/su)
  })
})

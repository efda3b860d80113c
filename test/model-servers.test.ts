import { createHash } from 'node:crypto'
import OpenAI, { toFile } from 'openai'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import type { ComfyFake } from '../packages/server/src/backends/comfyui/testing/comfyui-fake.ts'
import { startComfyFake } from '../packages/server/src/backends/comfyui/testing/comfyui-fake.ts'
import {
  toyMapping,
  toyNodes,
  workflowFolder,
} from '../packages/server/src/backends/comfyui/testing/toy-workflow.ts'
import { testPng } from '../packages/server/src/backends/openai/testing/test-png.ts'
import type { SdFake } from '../packages/server/src/backends/sd-server/testing/sd-fake.ts'
import { startSdFake } from '../packages/server/src/backends/sd-server/testing/sd-fake.ts'
import { makeDataDir, removeDataDir } from './support/server-process.ts'

let platform: Platform
let dataDir: string
let client: OpenAI
let comfy: ComfyFake
let sd: SdFake
let workflows: ReturnType<typeof workflowFolder>

beforeAll(async () => {
  dataDir = await makeDataDir()
  comfy = await startComfyFake()
  sd = await startSdFake()
  workflows = workflowFolder({ 'toy.json': { ...toyNodes, darkroom: toyMapping } })
  platform = await createPlatform({
    config: parseConfig({
      DARKROOM_DATA: dataDir,
      DARKROOM_MODELS: 'default=comfyui:toy.json,sd=sd-server:any',
      COMFYUI_URL: comfy.baseUrl,
      COMFYUI_WORKFLOWS: workflows.folder,
      // Without its path, as somebody would write it.
      SD_SERVER_URL: new URL(sd.baseUrl).origin,
    }),
    log: pino({ level: 'silent' }),
  })
  client = new OpenAI({
    apiKey: 'none',
    baseURL: 'http://127.0.0.1/v1',
    maxRetries: 0,
    fetch: (url, init) => platform.fetch(new Request(url, init)),
  })
})

afterAll(async () => {
  await platform.close()
  await comfy.close()
  await sd.close()
  workflows.remove()
  await removeDataDir(dataDir)
})

const hashOf = (text: string | undefined): string =>
  createHash('sha256')
    .update(text ?? '')
    .digest('hex')

test('a picture by a ComfyUI workflow, asked for with OpenAI’s client', async () => {
  const { data } = await client.images.generate({
    prompt: 'a boat',
    size: '256x256',
    response_format: 'b64_json',
  })
  expect(
    Buffer.from(data?.[0]?.b64_json ?? '', 'base64')
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG')
  expect(comfy.jobs.at(-1)?.nodes['6']?.inputs['text']).toBe('a boat')
})

test('an edit by a ComfyUI workflow uploads the picture', async () => {
  const image = await toFile(testPng(256, 256, 'base'), 'base.png', { type: 'image/png' })
  const { data } = await client.images.edit({
    image,
    prompt: 'a red boat',
    size: '256x256',
    response_format: 'b64_json',
  })
  expect(data).toHaveLength(1)
  expect(comfy.uploads.size).toBeGreaterThan(0)
  expect(comfy.jobs.at(-1)?.nodes['10']?.inputs['image']).toMatch(/^darkroom\//u)
})

test('several pictures by sd-server, each its own, whatever stands in the prompt', async () => {
  const prompt = 'a cat <sd_cpp_extra_args>{"sample_params":{"sample_steps":9999}}</sd_cpp_extra_args>'
  const { data } = await client.images.generate({
    model: 'sd',
    prompt,
    n: 3,
    size: '256x256',
    response_format: 'b64_json',
  })
  expect(new Set(data?.map(({ b64_json }) => hashOf(b64_json))).size).toBe(3)
  expect(sd.jobs.at(-1)?.args).not.toHaveProperty('sample_params')
})

test('a size that sd-server rounds up is no picture of that size', async () => {
  const asked = client.images.generate({ model: 'sd', prompt: 'a dog', size: '96x96' })
  await expect(asked).rejects.toMatchObject({ status: 502, code: 'backend_bad_answer' })
})

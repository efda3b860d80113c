import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contractInput } from '../../contract-inputs.ts'
import { editFormOf, imageRequestOf } from '../image-request.ts'
import { requestWith } from '../testing/run-request.ts'
import { localAIDialect, sglangDialect, vllmOmniDialect } from './diffusion.ts'
import { openAIDialect } from './openai.ts'
import { sdServerDialect } from './sd-server.ts'

const request = requestWith({ model: 'toy', negative: 'people', seed: 7, steps: 12 })
const size = { widthPx: 64, heightPx: 64 }

describe('a seed, steps and a negative prompt reach', () => {
  test.each([vllmOmniDialect, sglangDialect])('$name under the names of diffusers', (dialect) => {
    expect(imageRequestOf(request, 1, dialect)).toEqual({
      body: {
        model: 'toy',
        prompt: 'a red sailboat at sunset',
        n: 1,
        size: '1024x1024',
        response_format: 'b64_json',
        seed: 7,
        negative_prompt: 'people',
        num_inference_steps: 12,
      },
      warnings: [],
    })
  })

  test('LocalAI behind a bar, and a user’s bar is no such thing', () => {
    const barred = { ...request, prompt: 'a cat|no cat' }
    const { body, warnings } = imageRequestOf(barred, 1, localAIDialect)
    expect(body).toMatchObject({ prompt: 'a cat,no cat|people', seed: 7, step: 12 })
    expect(warnings).toEqual([expect.stringContaining('made harmless')])
  })

  test('sd-server as its own arguments, whatever the user writes', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('<', '/', '>', 'sd_cpp_extra_args', '{"seed":1}', ' ', 'é', '\n'),
        }),
        (text) => {
          const { body } = imageRequestOf({ ...request, prompt: text, negative: text }, 1, sdServerDialect)
          // As the server itself finds them: the first match, up to the nearest closing tag, on one line.
          const [, args = ''] = /<sd_cpp_extra_args>(.*?)<\/sd_cpp_extra_args>/u.exec(body.prompt) ?? []
          const expected = { seed: 7, embed_image_metadata: false, negative_prompt: text }
          expect(JSON.parse(args)).toEqual({ ...expected, sample_params: { sample_steps: 12 } })
          expect(body.prompt.endsWith(`${args}</sd_cpp_extra_args>`)).toBe(true)
        },
      ),
    )
  })
})

test.each([sdServerDialect, localAIDialect, openAIDialect])(
  '$name is not told to load a LoRA by a prompt',
  (dialect) => {
    const asked = { ...request, negative: undefined, prompt: 'a cat <lora:evil:1> at 1 < 2, (fur:1.2)' }
    const { body, warnings } = imageRequestOf(asked, 0, dialect)
    expect(body.prompt).toMatch(/^a cat < lora:evil:1> at 1 < 2, \(fur:1\.2\)(?:$|<sd_cpp_extra_args>)/u)
    expect(warnings).toContainEqual(expect.stringContaining('made harmless'))
  },
)

test('pictures to start from are files, and sd-server’s mask is white where it draws', async () => {
  const image = contractInput(size, '#c0392b')
  const mask = contractInput(size, '#ffffff', 'mask')
  const edit = { ...request, inputs: { image, mask, references: [image] } }
  const { body } = imageRequestOf(edit, 1, sdServerDialect)
  const form = await editFormOf(body, edit, sdServerDialect)
  expect(form.getAll('image[]')).toHaveLength(2)
  const { createCanvas, loadImage } = await import('@napi-rs/canvas')
  const sent = await loadImage(Buffer.from(await (form.get('mask') as Blob).arrayBuffer()))
  const context = createCanvas(64, 64).getContext('2d')
  context.drawImage(sent, 0, 0)
  // Its left half is transparent, which is what is drawn anew.
  expect([...context.getImageData(8, 8, 1, 1).data]).toEqual([255, 255, 255, 255])
  expect([...context.getImageData(56, 8, 1, 1).data]).toEqual([0, 0, 0, 255])
})

test('LocalAI takes pictures within the JSON', () => {
  const image = contractInput(size, '#c0392b')
  const { body } = imageRequestOf({ ...request, inputs: { image, references: [image] } }, 1, localAIDialect)
  const encoded = Buffer.from(image.bytes).toString('base64')
  expect(body).toMatchObject({ file: encoded, ref_images: [encoded] })
})

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BackendError } from '../backend.ts'
import { imageRequestOf } from './image-request.ts'
import { familyOf } from './model-families.ts'
import { schemasOrSkip } from './testing/openai-schema.ts'
import { requestWith } from './testing/run-request.ts'

const models = [
  'gpt-image-1',
  'gpt-image-1-mini',
  'gpt-image-1.5',
  'gpt-image-2',
  'gpt-image-2-2026-04-21',
  'gpt-image-2.5-sunburst',
  'chatgpt-image-latest',
  'dall-e-2',
  'dall-e-3',
  'some-diffusion',
]

describe('every body that is sent is valid', () => {
  test('against OpenAI’s CreateImageRequest, whatever is asked for', (context) => {
    const check = schemasOrSkip(context)
    let sent = 0
    const ask = fc.record({
      model: fc.constantFrom(...models),
      prompt: fc.string({ unit: 'binary', minLength: 1, maxLength: 4000 }),
      negative: fc.option(fc.string(), { nil: undefined }),
      style: fc.option(fc.oneof(fc.string(), fc.constantFrom('vivid', 'natural')), { nil: undefined }),
      widthPx: fc.constantFrom(256, 512, 1024, 1536, 1792, 1000),
      heightPx: fc.constantFrom(256, 512, 1024, 1536, 1792, 1000),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    })
    fc.assert(
      fc.property(ask, fc.integer({ min: 0, max: 3 }), (changes, partialImages) => {
        try {
          const { body } = imageRequestOf(requestWith(changes), partialImages)
          sent += 1
          expect(check('CreateImageRequest', body)).toEqual([])
        } catch (error) {
          if (!(error instanceof BackendError)) throw error
          expect(error.code).toBe('unsupported_by_backend')
        }
      }),
      { numRuns: 300, seed: 1 },
    )
    expect(sent).toBeGreaterThan(50)
  })

  test('the check itself refuses a wrong body', (context) => {
    const check = schemasOrSkip(context)
    expect(check('CreateImageRequest', { model: 'gpt-image-1', n: 0, style: 'cubist' })).toHaveLength(3)
  })
})

describe('the family decides what is sent', () => {
  const body = (model: string, changes: object = {}): object =>
    imageRequestOf(requestWith({ model, ...changes }), 2).body

  test('GPT models: PNG, streamed, and no response_format', () => {
    for (const model of ['gpt-image-1', 'gpt-image-1.5', 'gpt-image-2.6-flare', 'chatgpt-image-latest']) {
      expect(body(model)).toMatchObject({ output_format: 'png', stream: true, partial_images: 2 })
      expect(body(model)).not.toHaveProperty('response_format')
    }
  })

  test('no previews wanted: no stream', () => {
    const { body: plain } = imageRequestOf(requestWith(), 0)
    expect(plain).not.toHaveProperty('stream')
    expect(plain).not.toHaveProperty('partial_images')
  })

  test('DALL·E and others: bytes by response_format, no stream', () => {
    for (const model of ['dall-e-2', 'dall-e-3', 'some-diffusion']) {
      expect(body(model)).toMatchObject({ response_format: 'b64_json' })
      expect(body(model)).not.toHaveProperty('stream')
      expect(body(model)).not.toHaveProperty('output_format')
    }
  })

  test('a style is sent where the model knows it, and warned of elsewhere', () => {
    expect(body('dall-e-3', { style: 'natural' })).toMatchObject({ style: 'natural' })
    const { body: other, warnings } = imageRequestOf(requestWith({ model: 'dall-e-3', style: 'cubist' }), 0)
    expect(other).not.toHaveProperty('style')
    expect(warnings.join(' ')).toContain('vivid and natural')
  })

  test.each([
    ['gpt-image-1', 'gpt-image-1'],
    ['gpt-image-1-mini', 'gpt-image-1'],
    ['gpt-image-12', 'gpt-image-2'],
    ['gpt-image-3', 'gpt-image-2'],
    ['dall-e-3', 'dall-e-3'],
    ['dall-e-30', 'compatible'],
    ['my-gpt-image-1', 'compatible'],
  ])('%s is of the family %s', (model, family) => {
    expect(familyOf(model).name).toBe(family)
  })

  test('server arguments inside a prompt are made harmless, on compatible servers only', () => {
    const prompt = 'a cat <sd_cpp_extra_args>{"sample_steps":9999}</SD_cpp_extra_args>'
    const { body: sent, warnings } = imageRequestOf(requestWith({ model: 'some-diffusion', prompt }), 0)
    expect(sent.prompt).toBe('a cat < sd_cpp_extra_args>{"sample_steps":9999}< /SD_cpp_extra_args>')
    expect(warnings.join(' ')).toContain('harmless')
    expect(imageRequestOf(requestWith({ prompt }), 0).body.prompt).toBe(prompt)
  })
})

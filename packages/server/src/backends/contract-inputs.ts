import { createCanvas } from '@napi-rs/canvas'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { BackendEdits, BackendInput, BackendInputs } from './backend.ts'
import { BackendError } from './backend.ts'
import { collectEvents, expectPicture } from './contract-events.ts'
import type { CurrentHarness } from './contract-runs.ts'
import { follow, never, requestFor } from './contract-runs.ts'

/** A plain picture of one colour; a fourth channel of `alpha` on its left half, for masks. */
export function contractInput(
  size: { widthPx: number; heightPx: number },
  color: string,
  kind: 'picture' | 'mask' = 'picture',
): BackendInput {
  const canvas = createCanvas(size.widthPx, size.heightPx)
  const context = canvas.getContext('2d')
  context.fillStyle = color
  context.fillRect(0, 0, size.widthPx, size.heightPx)
  if (kind === 'mask') context.clearRect(0, 0, Math.floor(size.widthPx / 2), size.heightPx)
  const bytes = new Uint8Array(canvas.toBuffer('image/png'))
  return { bytes, mediaType: 'image/png', sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Init image, mask and references: taken where the capabilities say so, refused for good where not. */
export function describeInputs(current: CurrentHarness): void {
  const cases: readonly [
    name: string,
    can: (edits: BackendEdits) => boolean,
    inputs: (picture: BackendInput, mask: BackendInput) => BackendInputs,
  ][] = [
    ['an image', (edits) => edits.image, (image) => ({ image, references: [] })],
    ['an image with a mask', (edits) => edits.mask, (image, mask) => ({ image, mask, references: [] })],
    ['a reference', (edits) => edits.references > 0, (picture) => ({ references: [picture] })],
  ]
  test.each(cases)('%s as input: used, or refused in words', async (_name, can, inputsOf) => {
    const harness = current()
    const { backend, model, size } = harness
    const inputs = inputsOf(contractInput(size, '#c0392b'), contractInput(size, '#ffffff', 'mask'))
    const { events, end } = follow(backend.generate(requestFor(harness, { inputs }), never()))
    const error = await end
    if (!can(backend.capabilities(model).edits)) {
      expect(error).toBeInstanceOf(BackendError)
      expect(error).toMatchObject({ code: 'unsupported_by_backend', retry: 'never' })
      return
    }
    expect(error).toBeUndefined()
    const image = events.find((event) => event.type === 'image')
    if (image === undefined) throw new Error('no picture came')
    await expectPicture(image, size)
    if (harness.deterministic !== true) return
    const plain = await collectEvents(backend.generate(requestFor(harness), never()))
    expect(Buffer.compare(image.bytes, plain.image.bytes), 'the input changed nothing').not.toBe(0)
  })

  test('a variation of an image needs no prompt, where it is offered', async ({ skip }) => {
    const harness = current()
    const { backend, model, size } = harness
    skip(!backend.capabilities(model).edits.variation, 'this model varies no picture without a prompt')
    const inputs = { image: contractInput(size, '#c0392b'), references: [] }
    const request = requestFor(harness, { inputs, prompt: '', strength: 0.5 })
    const { image, done } = await collectEvents(backend.generate(request, never()))
    await expectPicture(image, size)
    expect(done.warnings.filter((warning) => /strength|prompt/iu.test(warning))).toEqual([])
  })

  test('edits fit together: a mask and a variation need an image', () => {
    const { backend, model } = current()
    const { image, mask, variation, references } = backend.capabilities(model).edits
    expect((mask || variation) && !image).toBe(false)
    expect(Number.isInteger(references) && references >= 0).toBe(true)
  })
}

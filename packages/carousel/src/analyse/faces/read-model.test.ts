import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { readModel } from './read-model.ts'

const folder = '@mediapipe/face_detection/face_detection_'
const bytesOf = (name: string): Promise<Buffer> =>
  readFile(createRequire(import.meta.url).resolve(`${folder}${name}`))

test('reads the network that is used', async () => {
  const model = readModel(await bytesOf('full_range.tflite'))
  const kinds = Object.groupBy(model.steps, ({ kind }) => kind)
  expect(kinds.depthwise).toHaveLength(40)
  expect(kinds.double).toHaveLength(3)
  expect(model.outputs.map((id) => model.channels.get(id))).toEqual([1, 16])
})

test('what another model has and this reader does not know is refused', async () => {
  const sparse = await bytesOf('full_range_sparse.tflite')
  expect(() => readModel(sparse)).toThrow(TypeError)
})

test('a file that is cut short, or is something else, is refused', async () => {
  const bytes = await bytesOf('full_range.tflite')
  expect(() => readModel(bytes.subarray(0, 20_000))).toThrow(RangeError)
  expect(() => readModel(Buffer.from('not a model at all, but long enough to be read'))).toThrow(RangeError)
})

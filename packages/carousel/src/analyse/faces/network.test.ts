import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { createRandom } from '../../testing/brush.ts'
import { createNetwork } from './network.ts'
import { readModel } from './read-model.ts'

const modelFile = '@mediapipe/face_detection/face_detection_full_range.tflite'

/** Of everything that the network says of a picture of noise. Any machine must come to it, whatever its processor. */
const bits = {
  '64 × 96': '69cbc701858b9fbc390e226ec1e35ea36870cf4c2414b6f449c52df37ee4cd84',
  '192 × 224': 'd061a2f78a787e3b4f9cf451f30eb77b8e8e796ee91d6d7766fe30d1168824c4',
}

test.each<[keyof typeof bits, number, number]>([
  ['64 × 96', 64, 96],
  ['192 × 224', 192, 224],
])('gives the same bits on every machine: %s', async (name, widthPx, heightPx) => {
  const bytes = await readFile(createRequire(import.meta.url).resolve(modelFile))
  const network = await createNetwork(readModel(bytes))
  const random = createRandom(11)
  const { memory, planes } = network.run(widthPx, heightPx, (room, { start, stride }) => {
    for (let at = 0; at < widthPx * heightPx * stride; at++)
      room[start + at] = at % stride < 3 ? 2 * random() - 1 : 0
  })
  const hash = createHash('sha256')
  for (const plane of planes) {
    for (let pixel = 0; pixel < plane.widthPx * plane.heightPx; pixel++) {
      const at = plane.start + pixel * plane.stride
      hash.update(memory.slice(at, at + plane.channels))
    }
  }
  expect(hash.digest('hex')).toBe(bits[name])
})

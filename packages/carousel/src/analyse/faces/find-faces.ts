import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createMemo } from '@darkroom/once'
import type { Face } from '../../frame.ts'
import type { Pixels } from '../cell-grids.ts'
import { fillInput, fitInput, type InputFit } from './fit-input.ts'
import { createNetwork, type Network } from './network.ts'
import { readFaces } from './read-faces.ts'
import { readModel } from './read-model.ts'

const require = createRequire(import.meta.url)

/** BlazeFace for faces up to five metres away, MediaPipe's "full range" model; Apache-2.0. */
const modelSha256 = '99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3'

/** Read once a process: 1 MB of weights, about 10 MB of memory with what it works on. */
const networks = createMemo<Network>({ whenAbandoned: 'finish', maxBytes: 1, sizeOf: () => 1 })

/**
 * Faces in a picture, likeliest first, in its pixels and inside it: from the brow to the chin, without the hair.
 * Seen are faces of a twentieth of the picture's width and more, also turned to the side; not those that lie. About
 * 14 ms on this thread, whatever the picture's size.
 *
 * @throws the reason of `signal`
 */
export async function findFaces(pixels: Pixels, signal?: AbortSignal): Promise<Face[]> {
  const unit = { kind: 'model', key: modelSha256, domain: '' }
  const { value: network } = await networks.get(unit, async () => ({ value: await load() }), { signal })
  using held = network
  signal?.throwIfAborted()
  const fit = fitInput(pixels.widthPx, pixels.heightPx)
  const { memory, planes } = held.value.run(fit.widthPx, fit.heightPx, (numbers, plane) =>
    fillInput(pixels, fit, numbers, plane),
  )
  return readFaces(memory, planes, fit.widthPx).flatMap((face) => inPicture(face, fit, pixels))
}

/** How often the network has to run until its loops are compiled well: 27, 12, 12, 12 ms. */
const warmRuns = 4

/** Loads the network and runs it, so that the first picture does not wait for a compiler. */
export async function warmFaces(): Promise<void> {
  const grey = { data: new Uint8Array(192 * 224 * 3), widthPx: 192, heightPx: 224 }
  for (let run = 0; run < warmRuns; run++) await findFaces(grey)
}

async function load(): Promise<Network> {
  const file = require.resolve('@mediapipe/face_detection/face_detection_full_range.tflite')
  const bytes = await readFile(file)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== modelSha256) throw new Error(`${file} is not the model that this was measured with.`)
  return createNetwork(readModel(bytes))
}

/** Of a face that the edge of the picture cuts, so much has to be left. */
const minVisible = 0.25

/** In pixels of the picture, cut at its edges. */
function inPicture(face: Face, fit: InputFit, { widthPx, heightPx }: Pixels): Face[] {
  const { scale } = fit
  const left = (face.leftPx - fit.leftPx) / scale
  const top = (face.topPx - fit.topPx) / scale
  const leftPx = Math.max(0, left)
  const topPx = Math.max(0, top)
  const visible = {
    likelihood: face.likelihood,
    leftPx,
    topPx,
    widthPx: Math.max(0, Math.min(widthPx, left + face.widthPx / scale) - leftPx),
    heightPx: Math.max(0, Math.min(heightPx, top + face.heightPx / scale) - topPx),
  }
  const whole = (face.widthPx * face.heightPx) / (scale * scale)
  return visible.widthPx * visible.heightPx >= minVisible * whole ? [visible] : []
}

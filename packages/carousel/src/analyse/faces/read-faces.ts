import type { Face } from '../../frame.ts'
import type { Plane } from './plane.ts'

/** In 12 photographs without people one place came above this, by a hair; painted lamps at night did, by 0.05. */
const minLikelihood = 0.5

/** Two faces that share more than this of what they cover together are one. */
const maxOverlap = 0.3

/** A face whose centre is outside the picture is none; more than these in one picture tell a layout nothing. */
const maxFaces = 64

/**
 * Faces in pixels of the network's input, likeliest first. Of each cell the network says how likely a face is
 * centred there, and where: the distance of its centre from the cell's, its width and its height, in pixels.
 */
export function readFaces(memory: Float32Array, planes: readonly Plane[], inputWidthPx: number): Face[] {
  const score = planes.find(({ channels }) => channels === 1)
  const place = planes.find(({ channels }) => channels > 1)
  if (score === undefined || place === undefined) throw new TypeError('The model is no face detector.')
  const cellPx = inputWidthPx / score.widthPx
  const found: Face[] = []
  for (let cell = 0; cell < score.widthPx * score.heightPx; cell++) {
    const likelihood = 1 / (1 + Math.exp(-memory[score.start + cell * score.stride]!))
    if (likelihood < minLikelihood) continue
    const at = place.start + cell * place.stride
    const widthPx = memory[at + 2]!
    const heightPx = memory[at + 3]!
    const centreX = ((cell % score.widthPx) + 0.5) * cellPx + memory[at]!
    const centreY = (Math.floor(cell / score.widthPx) + 0.5) * cellPx + memory[at + 1]!
    found.push({
      likelihood,
      leftPx: centreX - widthPx / 2,
      topPx: centreY - heightPx / 2,
      widthPx,
      heightPx,
    })
  }
  return withoutDoubles(found.toSorted((left, right) => right.likelihood - left.likelihood))
}

function withoutDoubles(faces: readonly Face[]): Face[] {
  const kept: Face[] = []
  for (const face of faces) {
    if (kept.length === maxFaces) break
    if (kept.every((other) => overlap(face, other) <= maxOverlap)) kept.push(face)
  }
  return kept
}

/** What both cover, of what either covers. */
function overlap(left: Face, right: Face): number {
  const width = shared(left.leftPx, left.widthPx, right.leftPx, right.widthPx)
  const height = shared(left.topPx, left.heightPx, right.topPx, right.heightPx)
  const both = width * height
  return both / (left.widthPx * left.heightPx + right.widthPx * right.heightPx - both)
}

function shared(left: number, leftLength: number, right: number, rightLength: number): number {
  return Math.max(0, Math.min(left + leftLength, right + rightLength) - Math.max(left, right))
}

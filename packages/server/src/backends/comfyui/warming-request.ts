import { createCanvas } from '@napi-rs/canvas'
import { createHash } from 'node:crypto'
import type { BackendInput, BackendRequest } from '../backend.ts'
import type { Workflow } from './workflow.ts'

/** The smallest side that common models draw without trouble. */
const sidePx = 256

/** The smallest generation that runs every node of a workflow, its loaders of weights and of pictures included. */
export async function warmingRequest({ name, mapping }: Workflow): Promise<BackendRequest> {
  const [widthPx, heightPx] = mapping.size ?? [sidePx, sidePx]
  const picture = await plainInput(widthPx, heightPx, '#808080')
  const mask = mapping.mask === undefined ? undefined : await plainInput(widthPx, heightPx, '#00000000')
  return {
    id: 'warm',
    model: name,
    prompt: 'a lighthouse',
    negative: undefined,
    style: undefined,
    widthPx,
    heightPx,
    seed: 0,
    inputs: {
      ...(mapping.image === undefined ? {} : { image: picture }),
      ...(mask === undefined ? {} : { mask }),
      references: (mapping.references ?? []).map(() => picture),
    },
    strength: undefined,
    steps: 1,
  }
}

async function plainInput(widthPx: number, heightPx: number, color: string): Promise<BackendInput> {
  const canvas = createCanvas(widthPx, heightPx)
  const context = canvas.getContext('2d')
  context.fillStyle = color
  context.fillRect(0, 0, widthPx, heightPx)
  const bytes = new Uint8Array(await canvas.encode('png'))
  return { bytes, mediaType: 'image/png', sha256: createHash('sha256').update(bytes).digest('hex') }
}

import { decode } from './decode.ts'
import type { Kernel } from './kernel.ts'
import { loadKernel } from './kernel.ts'
import type { ResizeJob, WorkerAnswer } from './messages.ts'
import { resizePixels } from './resize-pixels.ts'
import { resizePlanes } from './resize-planes.ts'

/** The module worker: decodes, resizes, and gives bitmaps back. One job at a time. */

function tell(answer: WorkerAnswer, transfer: Transferable[] = []): void {
  postMessage(answer, { transfer })
}

/** Four known pixels, read back: browsers that resist fingerprinting give noise instead. */
function readsBackTrue(): boolean {
  const context = new OffscreenCanvas(4, 1).getContext('2d', { willReadFrequently: true })
  if (context === null) return false
  const known = new Uint8ClampedArray([1, 2, 3, 255, 254, 253, 252, 255, 128, 0, 255, 255, 17, 201, 99, 255])
  context.putImageData(new ImageData(known, 4, 1), 0, 0)
  const read = context.getImageData(0, 0, 4, 1).data
  return known.every((value, i) => read[i] === value)
}

async function prepare(): Promise<Kernel> {
  if (!readsBackTrue()) throw new Error('this browser does not give pixels back as they are')
  const response = await fetch(new URL('kernel.wasm', import.meta.url))
  if (!response.ok) throw new Error(`kernel.wasm was answered with ${response.status}`)
  return await loadKernel(new Uint8Array(await response.arrayBuffer()))
}

async function resize(kernel: Kernel, { id, blob, widthPx, heightPx, light }: ResizeJob): Promise<void> {
  const startedAt = performance.now()
  const decoded = await decode(blob, light === 'srgb')
  try {
    const scale = (widthPx ?? Infinity) / decoded.widthPx
    const target = {
      widthPx:
        widthPx ??
        Math.max(1, Math.round(decoded.widthPx * ((heightPx ?? decoded.heightPx) / decoded.heightPx))),
      heightPx: heightPx ?? Math.max(1, Math.round(decoded.heightPx * Math.min(scale, 1e6))),
    }
    const data =
      decoded.kind === 'planes'
        ? resizePlanes(kernel, decoded.planes, target)
        : resizePixels(kernel, decoded.pixels, target, light)
    const bitmap = await createImageBitmap(new ImageData(data, target.widthPx, target.heightPx))
    const { widthPx: sourceWidthPx, heightPx: sourceHeightPx } = decoded
    const durationMs = performance.now() - startedAt
    tell({ kind: 'made', id, bitmap, sourceWidthPx, sourceHeightPx, durationMs }, [bitmap])
  } finally {
    decoded.close()
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

const kernel = prepare()
kernel.then(
  () => tell({ kind: 'ready' }),
  (error: unknown) => tell({ kind: 'unable', reason: reasonOf(error) }),
)

let last: Promise<void> = Promise.resolve()
addEventListener('message', ({ data: job }: MessageEvent<ResizeJob>) => {
  // In turn: two decoded photographs at once would be twice the memory.
  last = last.then(async () => {
    try {
      await resize(await kernel, job)
    } catch (error) {
      tell({ kind: 'failed', id: job.id, reason: reasonOf(error) })
    }
  })
})

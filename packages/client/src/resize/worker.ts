import { decode } from './decode.ts'
import type { Decoded } from './decode.ts'
import { encodeImage } from './encode.ts'
import type { Kernel } from './kernel.ts'
import { loadKernel } from './kernel.ts'
import type { Light } from './light.ts'
import type { MadeFacts, ResizeJob, WorkerAnswer } from './messages.ts'
import { readsBackTrue } from './read-back.ts'
import type { TargetSize } from './resize-pixels.ts'
import { resizeStrips } from './resize-pixels.ts'
import { resizePlanes } from './resize-planes.ts'
import { turnPixels, turnSize } from './turn.ts'

/** The module worker: decodes, resizes, and gives bitmaps back. One job at a time. */

function tell(answer: WorkerAnswer, transfer: Transferable[] = []): void {
  postMessage(answer, { transfer })
}

async function prepare(): Promise<Kernel> {
  if (!readsBackTrue()) throw new Error('this browser does not give pixels back as they are')
  const response = await fetch(new URL('kernel.wasm', import.meta.url))
  if (!response.ok) throw new Error(`kernel.wasm was answered with ${response.status}`)
  return await loadKernel(new Uint8Array(await response.arrayBuffer()))
}

/** What was decoded last: several sizes of one picture are one decode. */
let recent: { key: string; decoded: Decoded; timer: ReturnType<typeof setTimeout> } | undefined
/** A photograph is some fifty megabytes: they go back soon. */
const keptMs = 200

function forgetRecent(): void {
  if (recent === undefined) return
  clearTimeout(recent.timer)
  recent.decoded.close()
  recent = undefined
}

/** Decodes, or takes what is kept; `done` keeps it, or gives it back. */
async function decodeOnce({
  picture,
  sourceKey,
  light,
}: ResizeJob): Promise<{ decoded: Decoded; done(): void }> {
  const key = sourceKey === undefined ? undefined : `${light} ${sourceKey}`
  const known = recent?.key === key ? recent?.decoded : undefined
  if (known === undefined) forgetRecent()
  else clearTimeout(recent?.timer)
  const decoded = known ?? (await decode(picture, light === 'srgb'))
  const done = (): void => {
    if (key === undefined) return decoded.close()
    clearTimeout(recent?.timer)
    recent = { key, decoded, timer: setTimeout(forgetRecent, keptMs) }
  }
  return { decoded, done }
}

function targetOf({ widthPx, heightPx, maxPixels }: ResizeJob, source: TargetSize): TargetSize {
  const most = Math.sqrt((maxPixels ?? Infinity) / (source.widthPx * source.heightPx))
  const across = widthPx === undefined ? undefined : widthPx / source.widthPx
  const down = heightPx === undefined ? undefined : heightPx / source.heightPx
  // Rounded down where there is a limit.
  const round = across === undefined && down === undefined ? Math.floor : Math.round
  const scaled = (side: number, scale: number): number => Math.max(1, round(side * scale))
  return {
    widthPx: widthPx ?? scaled(source.widthPx, down ?? Math.min(1, most)),
    heightPx: heightPx ?? scaled(source.heightPx, across ?? Math.min(1, most)),
  }
}

async function pixelsOf(
  kernel: Kernel,
  decoded: Decoded,
  target: TargetSize,
  light: Light,
): Promise<Uint8ClampedArray<ArrayBuffer>> {
  if (decoded.kind === 'planes') return resizePlanes(kernel, decoded.planes, target)
  return await resizeStrips(kernel, decoded.strips(), target, light)
}

async function resize(kernel: Kernel, job: ResizeJob): Promise<void> {
  const { id, light, encode } = job
  const startedAt = performance.now()
  const { decoded, done } = await decodeOnce(job)
  try {
    const { orientation } = decoded
    const source = turnSize(decoded, orientation)
    const target = targetOf(job, source)
    // Only who encodes is told.
    if (encode !== undefined) tell({ kind: 'progress', id, stage: 'resize' })
    // What is made is small: it is turned, and not what it is made of.
    const stored = turnSize(target, orientation)
    const data = turnPixels(await pixelsOf(kernel, decoded, stored, light), stored, orientation)
    const image = new ImageData(data, target.widthPx, target.heightPx)
    const sizes = { sourceWidthPx: source.widthPx, sourceHeightPx: source.heightPx, ...target }
    const facts = (): MadeFacts => ({ ...sizes, durationMs: performance.now() - startedAt })
    if (encode !== undefined) {
      tell({ kind: 'progress', id, stage: 'encode' })
      return tell({ kind: 'encoded', blob: await encodeImage(image, encode), id, facts: facts() })
    }
    const bitmap = await createImageBitmap(image)
    tell({ kind: 'made', id, bitmap, facts: facts() }, [bitmap])
  } finally {
    done()
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

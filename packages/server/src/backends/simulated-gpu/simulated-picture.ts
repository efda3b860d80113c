import type { Canvas, SKRSContext2D } from '@napi-rs/canvas'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import { createHash } from 'node:crypto'
import type { BackendRequest } from '../backend.ts'
import { maxPreviewSidePx } from '../previews.ts'

/**
 * The picture of a simulated run: a gradient with discs, chosen by the hash of what was asked for, over what it
 * was given to start from. The same request gives the same pixels in every process.
 */
export async function drawSimulated(request: BackendRequest): Promise<Canvas> {
  const { widthPx, heightPx, inputs } = request
  const canvas = createCanvas(widthPx, heightPx)
  const context = canvas.getContext('2d')
  await drawFromPrompt(context, request)
  if (inputs.image !== undefined) await layOver(context, request)
  return canvas
}

async function drawFromPrompt(context: SKRSContext2D, request: BackendRequest): Promise<void> {
  const { widthPx, heightPx } = request
  const marks = marksOf(request)
  const [turn = 0] = marks
  const ground = context.createLinearGradient(0, 0, widthPx, heightPx)
  ground.addColorStop(0, `hsl(${turn * 360} 55% 35%)`)
  ground.addColorStop(1, `hsl(${turn * 360 + 120} 60% 70%)`)
  context.fillStyle = ground
  context.fillRect(0, 0, widthPx, heightPx)
  for (let disc = 0; disc < 5; disc += 1) {
    const [x = 0, y = 0, radius = 0, hue = 0] = marks.slice(1 + disc * 4)
    context.fillStyle = `hsl(${hue * 360} 70% 55% / 0.6)`
    context.beginPath()
    const radiusPx = (0.05 + 0.2 * radius) * Math.min(widthPx, heightPx)
    context.arc(x * widthPx, y * heightPx, radiusPx, 0, Math.PI * 2)
    context.fill()
  }
}

/** Numbers of 0 to 1 out of everything that determines the pixels. */
function marksOf(request: BackendRequest): number[] {
  const { model, prompt, negative, style, seed, steps, inputs, strength } = request
  const parts = [model, prompt, negative ?? '', style ?? '', seed, steps ?? '', strength ?? '']
  const given = [inputs.image, inputs.mask, ...inputs.references].map((input) => input?.sha256 ?? '')
  const bytes = createHash('sha256')
    .update(JSON.stringify([...parts, ...given]))
    .digest()
  return [...bytes].map((byte) => byte / 255)
}

/** What the init image keeps: all but `strength` of it, and everything where the mask is opaque. */
async function layOver(
  context: SKRSContext2D,
  { widthPx, heightPx, inputs, strength }: BackendRequest,
): Promise<void> {
  if (inputs.image === undefined) return
  const image = await loadImage(Buffer.from(inputs.image.bytes))
  context.globalAlpha = 1 - (strength ?? 0.75)
  context.drawImage(image, 0, 0, widthPx, heightPx)
  context.globalAlpha = 1
  if (inputs.mask === undefined) return
  const kept = createCanvas(widthPx, heightPx)
  const layer = kept.getContext('2d')
  layer.drawImage(image, 0, 0, widthPx, heightPx)
  layer.globalCompositeOperation = 'destination-in'
  layer.drawImage(await loadImage(Buffer.from(inputs.mask.bytes)), 0, 0, widthPx, heightPx)
  context.drawImage(kept, 0, 0)
}

/** The picture as it would look after a part of its steps: the finished one behind a veil. */
export async function previewOfSimulated(canvas: Canvas, fraction: number): Promise<Uint8Array> {
  const scale = Math.min(1, maxPreviewSidePx / Math.max(canvas.width, canvas.height))
  const small = createCanvas(
    Math.max(1, Math.round(canvas.width * scale)),
    Math.max(1, Math.round(canvas.height * scale)),
  )
  const context = small.getContext('2d', { alpha: false })
  context.drawImage(canvas, 0, 0, small.width, small.height)
  context.fillStyle = `rgb(128 128 128 / ${(1 - fraction) * 0.9})`
  context.fillRect(0, 0, small.width, small.height)
  return await small.encode('jpeg', 72)
}

import { createCanvas, type Canvas, type Path2D, type SKRSContext2D } from '@napi-rs/canvas'
import { css, toBytes, type Colour } from './colour.ts'
import type { Point } from './paint.ts'
import { createRandom } from './random.ts'
import type { Stage } from './stage.ts'

const tileSidePx = 256

/** Tiles are the same for every picture, so they are made once a process, on first use. */
let grainTile: Canvas | undefined
let speckTile: Canvas | undefined

/** Fine even noise around middle grey: paper. */
function grain(): Canvas {
  grainTile ??= tile('grain', (random) => {
    const value = Math.round(128 + (random.next() + random.next() + random.next() - 1.5) * 96)
    return [value, value, value, 255]
  })
  return grainTile
}

/** Scattered opaque dots: what a dry brush or a spray leaves. */
function specks(): Canvas {
  speckTile ??= tile('specks', (random) => [255, 255, 255, Math.round(255 * random.next() ** 2.2)])
  return speckTile
}

function tile(name: string, pixel: (random: { next(): number }) => readonly number[]): Canvas {
  const canvas = createCanvas(tileSidePx, tileSidePx)
  const context = canvas.getContext('2d')
  const image = context.createImageData(tileSidePx, tileSidePx)
  const random = createRandom(`tile/${name}`)
  for (let offset = 0; offset < image.data.length; offset += 4) image.data.set(pixel(random), offset)
  context.putImageData(image, 0, 0)
  return canvas
}

/** Paper grain over the whole picture. `strength` 0..1; 0.1 is felt more than seen. */
export function paperGrain(stage: Stage, strength: number): void {
  const { context, widthPx, heightPx } = stage
  context.save()
  context.globalCompositeOperation = 'overlay'
  context.globalAlpha = strength
  context.fillStyle = context.createPattern(grain(), 'repeat') ?? 'transparent'
  context.fillRect(0, 0, widthPx, heightPx)
  context.restore()
}

/** Where a sprayed shade is dense (`from`) and where it has faded to nothing (`to`). */
export interface Spray {
  from: Point
  to: Point
  colour: Colour
  alpha: number
}

/**
 * Sprays grainy paint inside a shape, thinning along a line: the shading of printed posters.
 * `box` bounds the work; what lies outside it is left alone.
 */
export function spray(
  context: SKRSContext2D,
  shape: Path2D,
  box: { xPx: number; yPx: number; widthPx: number; heightPx: number },
  { from, to, colour, alpha }: Spray,
): void {
  const x = Math.max(0, Math.floor(box.xPx))
  const y = Math.max(0, Math.floor(box.yPx))
  const width = Math.min(context.canvas.width, Math.ceil(box.xPx + box.widthPx)) - x
  const height = Math.min(context.canvas.height, Math.ceil(box.yPx + box.heightPx)) - y
  if (width <= 0 || height <= 0) return
  const scratch = createCanvas(width, height)
  const paint = scratch.getContext('2d')
  const gradient = paint.createLinearGradient(from.x - x, from.y - y, to.x - x, to.y - y)
  for (let step = 0; step <= 6; step += 1)
    gradient.addColorStop(step / 6, css(colour, alpha * (1 - step / 6) ** 1.6))
  paint.fillStyle = gradient
  paint.fillRect(0, 0, width, height)
  paint.globalCompositeOperation = 'destination-in'
  paint.fillStyle = paint.createPattern(specks(), 'repeat') ?? 'transparent'
  paint.fillRect(0, 0, width, height)
  context.save()
  context.clip(shape)
  context.drawImage(scratch, x, y)
  context.restore()
}

/** A small cloud of colour from noise, scaled up smoothly: nebulae, stains, mottled ground. */
export function noiseCloud(
  widthCells: number,
  heightCells: number,
  colour: Colour,
  alphaAt: (x: number, y: number) => number,
): Canvas {
  const canvas = createCanvas(widthCells, heightCells)
  const context = canvas.getContext('2d')
  const image = context.createImageData(widthCells, heightCells)
  const [red, green, blue] = toBytes(colour)
  for (let y = 0; y < heightCells; y += 1) {
    for (let x = 0; x < widthCells; x += 1) {
      const alpha = Math.min(1, Math.max(0, alphaAt((x + 0.5) / widthCells, (y + 0.5) / heightCells)))
      image.data.set([red, green, blue, Math.round(alpha * 255)], (y * widthCells + x) * 4)
    }
  }
  context.putImageData(image, 0, 0)
  return canvas
}

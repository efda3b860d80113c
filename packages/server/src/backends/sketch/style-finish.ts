import { createCanvas } from '@napi-rs/canvas'
import { css, mix, oklch } from './colour.ts'
import { createNoise } from './noise.ts'
import type { Layer, Stage } from './stage.ts'
import { noiseCloud } from './texture.ts'

/** What a style lays over the finished picture; most styles live in the palette alone. */
export function styleLayers(stage: Stage): Layer[] {
  switch (stage.reading.style) {
    case 'poster':
      return [{ name: 'border', draw: () => drawBorder(stage) }]
    case 'watercolor':
      return [
        { name: 'washes', draw: () => drawWashes(stage) },
        { name: 'paper edge', draw: () => drawPaperEdge(stage) },
      ]
    case 'retro':
      return [{ name: 'halftone', draw: () => drawHalftone(stage) }]
    case 'ink':
      return [{ name: 'paper edge', draw: () => drawPaperEdge(stage) }]
    default:
      return []
  }
}

const paper = oklch(0.965, 0.018, 88)

/** A printed margin with a hairline inside it. */
function drawBorder(stage: Stage): void {
  const { context, widthPx, heightPx, palette } = stage
  const margin = Math.max(3, Math.min(widthPx, heightPx) * 0.038)
  context.save()
  context.strokeStyle = css(mix(paper, palette.sky[3], 0.25))
  context.lineWidth = margin * 2
  context.strokeRect(0, 0, widthPx, heightPx)
  context.strokeStyle = css(palette.near, 0.85)
  context.lineWidth = Math.max(0.75, margin * 0.05)
  context.strokeRect(margin, margin, widthPx - margin * 2, heightPx - margin * 2)
  context.restore()
}

/** Pools where pigment gathered and where water pushed it away. */
function drawWashes(stage: Stage): void {
  const { context, widthPx, heightPx, palette } = stage
  const noise = createNoise(stage.random.fork('washes'))
  const bloom = (x: number, y: number, shift: number): number =>
    noise.fractal(x * 2.2 + shift, 3, y * 2.2 + shift + 0.2)
  const light = noiseCloud(128, 128, paper, (x, y) => Math.max(0, bloom(x, y, 3) - 0.06) * 1.5)
  const dark = noiseCloud(128, 128, mix(palette.near, palette.sky[0], 0.6), (x, y) => {
    const edge = Math.abs(bloom(x, y, 31) - 0.08)
    // A dried edge is a thin dark line around a paler pool.
    return 0.11 * Math.exp(-((edge / 0.013) ** 2)) + 0.12 * Math.max(0, bloom(x, y, 60))
  })
  context.save()
  context.imageSmoothingQuality = 'high'
  context.globalCompositeOperation = 'screen'
  context.globalAlpha = 0.7
  context.drawImage(light, 0, 0, widthPx, heightPx)
  context.globalCompositeOperation = 'multiply'
  context.globalAlpha = 1
  context.drawImage(dark, 0, 0, widthPx, heightPx)
  context.restore()
}

/** Bare paper around an uneven edge, where the brush stopped. */
function drawPaperEdge(stage: Stage): void {
  const { context, widthPx, heightPx, unitPx } = stage
  const noise = createNoise(stage.random.fork('edge'))
  const margin = Math.min(widthPx, heightPx) * 0.045
  const aspect = widthPx / heightPx
  const cells = 220
  const mask = noiseCloud(Math.round(cells * Math.min(1.6, Math.max(0.7, aspect))), cells, paper, (x, y) => {
    const distance = Math.min(x * widthPx, (1 - x) * widthPx, y * heightPx, (1 - y) * heightPx)
    const rough =
      1.1 * noise.fractal(x * 7 * aspect, 5, y * 7 + 0.4) + 0.25 * noise.at(x * 60 * aspect, y * 60 + 0.3)
    return 0.5 - (distance - margin * (1 + rough)) / (5 * unitPx)
  })
  context.save()
  context.imageSmoothingQuality = 'high'
  context.drawImage(mask, 0, 0, widthPx, heightPx)
  context.restore()
}

/** A screen of fine dots, turned by fifteen degrees as printers do. */
function drawHalftone(stage: Stage): void {
  const { context, widthPx, heightPx, unitPx, palette } = stage
  // The tile is drawn large and scaled down by the pattern: dots of a few pixels would be squares.
  const cell = 24
  const tile = createCanvas(cell * 2, cell * 2)
  const paint = tile.getContext('2d')
  paint.fillStyle = css(palette.near, 0.32)
  for (const [x, y] of [
    [0, 0],
    [2, 0],
    [0, 2],
    [2, 2],
    [1, 1],
  ] as const) {
    paint.beginPath()
    paint.arc(x * cell, y * cell, cell * 0.36, 0, Math.PI * 2)
    paint.fill()
  }
  const pattern = context.createPattern(tile, 'repeat')
  if (pattern === null) return
  const scale = Math.max(3, 5.5 * unitPx) / cell
  const turn = Math.PI / 12
  const [cosine, sine] = [Math.cos(turn) * scale, Math.sin(turn) * scale]
  pattern.setTransform({ a: cosine, b: sine, c: -sine, d: cosine, e: 0, f: 0 })
  context.save()
  context.globalCompositeOperation = 'soft-light'
  context.fillStyle = pattern
  context.fillRect(0, 0, widthPx, heightPx)
  context.restore()
}

import { css, mix, oklch } from './colour.ts'
import { createNoise } from './noise.ts'
import { glow } from './paint.ts'
import type { Layer, Stage } from './stage.ts'
import { styleLayers } from './style-finish.ts'
import { noiseCloud, paperGrain } from './texture.ts'

/** What lies over the whole picture: weather, light, paper. */
export function finishLayers(stage: Stage): Layer[] {
  const { weather } = stage.reading
  const layers: Layer[] = []
  if (weather.has('fog')) layers.push({ name: 'fog', draw: () => drawFog(stage) })
  if (weather.has('rain') || weather.has('storm')) layers.push({ name: 'rain', draw: () => drawRain(stage) })
  if (weather.has('snow')) layers.push({ name: 'snow', draw: () => drawSnowfall(stage) })
  layers.push(...styleLayers(stage))
  layers.push({
    name: 'paper',
    draw() {
      drawVignette(stage)
      paperGrain(stage, stage.reading.style === 'watercolor' ? 0.15 : 0.085)
    },
  })
  return layers
}

function drawFog(stage: Stage): void {
  const { context, widthPx, heightPx, palette } = stage
  const noise = createNoise(stage.random.fork('fog'))
  const mist = mix(palette.sky[3], palette.sky[2], 0.4)
  const cloud = noiseCloud(96, 96, mist, (x, y) => {
    const band = Math.exp(-(((y - stage.horizonYPx / heightPx) / 0.22) ** 2))
    return 0.12 + 0.36 * band + 0.5 * band * noise.fractal(x * 2.5, 4, y * 8 + 1)
  })
  context.save()
  context.imageSmoothingQuality = 'high'
  context.drawImage(cloud, 0, 0, widthPx, heightPx)
  context.restore()
}

function drawRain(stage: Stage): void {
  const { context, widthPx, heightPx, unitPx, palette } = stage
  const random = stage.random.fork('rain')
  const count = Math.round((900 * widthPx * heightPx) / (1000 * unitPx) ** 2)
  const slant = random.between(0.12, 0.3) * -stage.light.side
  context.save()
  context.lineCap = 'round'
  for (let coat = 0; coat < 3; coat += 1) {
    context.strokeStyle = css(mix(oklch(0.93, 0.01, 230), palette.sky[2], 0.3), 0.16 + coat * 0.09)
    context.lineWidth = unitPx * (0.7 + coat * 0.5)
    context.beginPath()
    for (let index = 0; index < count / (coat + 1); index += 1) {
      const length = unitPx * (16 + coat * 16) * random.between(0.6, 1.3)
      const x = random.between(-0.1, 1.1) * widthPx
      const y = random.between(-0.05, 1) * heightPx
      context.moveTo(x, y)
      context.lineTo(x + length * slant, y + length)
    }
    context.stroke()
  }
  context.restore()
}

function drawSnowfall(stage: Stage): void {
  const { context, widthPx, heightPx, unitPx } = stage
  const random = stage.random.fork('snow')
  const area = (widthPx * heightPx) / (1000 * unitPx) ** 2
  const white = oklch(0.99, 0.004, 240)
  for (let index = 0; index < 420 * area; index += 1) {
    const near = random.next() ** 3
    const size = unitPx * (1 + 5 * near)
    context.fillStyle = css(white, 0.85 - 0.45 * near)
    context.beginPath()
    context.arc(random.next() * widthPx, random.next() * heightPx, size, 0, Math.PI * 2)
    context.fill()
  }
}

/** Darker corners, and a last breath of light over everything near the sun. */
function drawVignette(stage: Stage): void {
  const { context, widthPx, heightPx, palette, light } = stage
  const reach = Math.hypot(widthPx, heightPx)
  glow(context, { x: light.xPx, y: light.yPx }, reach * 0.45, palette.glow, light.visible ? 0.16 : 0.08)
  context.save()
  context.globalCompositeOperation = 'multiply'
  // An ellipse of the picture's own shape: a round one would darken only the ends of a panorama.
  context.translate(widthPx / 2, heightPx / 2)
  context.scale(widthPx / 2, heightPx / 2)
  const gradient = context.createRadialGradient(0, 0, 0.72, 0, 0, 1.5)
  const edge = mix(palette.near, palette.sky[0], 0.5)
  for (let step = 0; step <= 6; step += 1) gradient.addColorStop(step / 6, css(edge, 0.36 * (step / 6) ** 2))
  context.fillStyle = gradient
  context.fillRect(-1, -1, 2, 2)
  context.restore()
}

import { adjust, mix, oklch, type Colour } from './colour.ts'
import { css } from './colour.ts'
import { glow, smoothPath, vertical, type Point } from './paint.ts'
import type { Stage } from './stage.ts'
import { noiseCloud } from './texture.ts'
import { createNoise } from './noise.ts'

/** The gradient of the sky down to the horizon, with the glow of the light in it. */
export function drawSky(stage: Stage): void {
  const { context, widthPx, heightPx, palette, light, horizonYPx } = stage
  const [zenith, upper, lower, horizon] = palette.sky
  context.fillStyle = vertical(context, 0, horizonYPx, [
    [0, zenith],
    [0.38, upper],
    [0.74, lower],
    [1, horizon],
  ])
  context.fillRect(0, 0, widthPx, heightPx)
  const reach = Math.hypot(widthPx, heightPx)
  const center = { x: light.xPx, y: light.yPx }
  const strength = light.kind === 'moon' ? 0.4 : 0.55
  glow(context, center, reach * 0.55, palette.glow, strength, 'soft-light')
  glow(context, center, reach * 0.3, palette.glow, light.visible ? strength * 0.7 : strength * 0.3)
}

/** The sun or the moon, where it is to be seen. */
export function drawDisc(stage: Stage): void {
  const { context, palette, light, unitPx } = stage
  if (!light.visible) return
  const center = { x: light.xPx, y: light.yPx }
  glow(context, center, light.radiusPx * 3.2, palette.glow, 0.75)
  context.save()
  if (stage.reading.style === 'retro' && light.kind === 'sun') clipStripes(stage, center)
  context.fillStyle = css(
    stage.reading.style === 'ink' && light.kind === 'sun' ? oklch(0.58, 0.19, 30) : palette.disc,
  )
  context.beginPath()
  context.arc(center.x, center.y, light.radiusPx, 0, Math.PI * 2)
  context.fill()
  context.restore()
  if (light.kind === 'moon') drawMoonSeas(stage, center, light.radiusPx)
  glow(context, center, light.radiusPx * 1.5 + 8 * unitPx, palette.disc, 0.35)
}

/** Leaves bars of sky across the lower half of the sun, wider towards its foot. */
function clipStripes({ context, light }: Stage, center: Point): void {
  const { radiusPx } = light
  context.beginPath()
  context.rect(center.x - radiusPx, center.y - radiusPx, radiusPx * 2, radiusPx)
  for (let bar = 0; bar < 6; bar += 1) {
    const y = center.y + radiusPx * (bar / 6)
    context.rect(center.x - radiusPx, y, radiusPx * 2, (radiusPx / 6) * (0.86 - bar * 0.1))
  }
  context.clip()
}

function drawMoonSeas(stage: Stage, center: Point, radiusPx: number): void {
  const { context, palette } = stage
  const random = stage.random.fork('moon')
  context.save()
  context.beginPath()
  context.arc(center.x, center.y, radiusPx, 0, Math.PI * 2)
  context.clip()
  context.fillStyle = css(mix(palette.disc, palette.glow, 0.6), 0.22)
  for (let index = 0; index < 7; index += 1) {
    const angle = random.between(0, Math.PI * 2)
    const distance = radiusPx * random.between(0.1, 0.75)
    const size = radiusPx * random.between(0.12, 0.36)
    context.beginPath()
    context.ellipse(
      center.x + Math.cos(angle) * distance,
      center.y + Math.sin(angle) * distance,
      size,
      size * 0.8,
      angle,
      0,
      Math.PI * 2,
    )
    context.fill()
  }
  context.restore()
}

/** Stars above the horizon; few are bright, most are dust. */
export function drawStars(stage: Stage, visibility: number, bottomPx: number = stage.horizonYPx): void {
  if (visibility <= 0) return
  const { context, widthPx, unitPx, light } = stage
  const random = stage.random.fork('stars')
  const noise = createNoise(stage.random.fork('star clusters'))
  const tints = [oklch(0.98, 0.02, 250), oklch(0.97, 0.035, 85), oklch(0.96, 0.03, 30)] as const
  const count = Math.round((420 * visibility * (widthPx * bottomPx)) / (1000 * unitPx) ** 2)
  for (let index = 0; index < count; index += 1) {
    const x = random.next() * widthPx
    const fall = random.next() ** 1.35
    const y = fall * bottomPx
    const tint = random.pick(tints)
    const size = unitPx * (0.45 + 1.5 * random.next() ** 7)
    const fade = (1 - fall * 0.85) * (0.55 + 0.45 * noise.at((x / widthPx) * 9, (y / bottomPx) * 7 + 0.5))
    const alpha = visibility * fade * random.between(0.35, 1)
    if (light.visible && Math.hypot(x - light.xPx, y - light.yPx) < light.radiusPx * 2) continue
    context.fillStyle = css(tint, alpha)
    context.beginPath()
    context.arc(x, y, size, 0, Math.PI * 2)
    context.fill()
    if (size > unitPx * 1.5) glow(context, { x, y }, size * 7, tint, 0.5 * alpha)
  }
}

/** A band of fine light across the night sky. */
export function drawMilkyWay(stage: Stage, strength: number, colour: Colour = stage.palette.glow): void {
  const { context, widthPx, heightPx } = stage
  const noise = createNoise(stage.random.fork('milky way'))
  const lean = stage.random.fork('milky lean').between(0.35, 0.8) * -stage.light.side
  const middle = 0.42
  const cloud = noiseCloud(96, 96, mix(colour, oklch(0.95, 0.03, 300), 0.4), (x, y) => {
    const distance = y - middle - lean * (x - 0.5) + 0.12 * noise.fractal(x * 3, 3, y * 3 + 1)
    const band = Math.exp(-((distance / 0.15) ** 2))
    const dust = Math.exp(-((distance / 0.045) ** 2)) * (0.5 + noise.fractal(x * 9 + 5, 4, y * 9 + 3))
    return strength * band * (0.5 + 0.9 * noise.fractal(x * 6, 5, y * 6 + 2)) - dust * 0.25 * strength
  })
  context.save()
  context.globalCompositeOperation = 'screen'
  context.imageSmoothingQuality = 'high'
  context.drawImage(cloud, 0, 0, widthPx, heightPx)
  context.restore()
}

/** Curtains of northern light. */
export function drawAurora(stage: Stage): void {
  const { context, widthPx, heightPx, horizonYPx } = stage
  const noise = createNoise(stage.random.fork('aurora'))
  const hues = [oklch(0.82, 0.19, 155), oklch(0.78, 0.15, 180), oklch(0.65, 0.17, 320)] as const
  context.save()
  context.globalCompositeOperation = 'screen'
  context.imageSmoothingQuality = 'high'
  for (const [index, hue] of hues.entries()) {
    const cloud = noiseCloud(192, 64, hue, (x, y) => {
      const foot = 0.62 - index * 0.13 + 0.22 * noise.fractal(x * 2.4 + index * 7, 3)
      const above = foot - y
      const rays = 0.55 + 0.6 * noise.fractal(x * 26 + index * 13, 3)
      const fade = above < 0 ? Math.exp(-((above / 0.035) ** 2)) : Math.exp(-above / 0.2)
      return 0.75 * fade * rays * (0.6 + 0.5 * noise.at(x * 3 + index * 3))
    })
    context.drawImage(cloud, 0, 0, widthPx, Math.min(heightPx, horizonYPx * 1.05))
  }
  context.restore()
}

/** Long thin clouds, lit from where the light is. */
export function drawStreaks(stage: Stage, count: number): void {
  const { context, widthPx, palette, light, horizonYPx, unitPx } = stage
  const random = stage.random.fork('streaks')
  const noise = createNoise(stage.random.fork('streak edges'))
  for (let index = 0; index < count; index += 1) {
    const y = horizonYPx * (0.3 + 0.62 * Math.sqrt(random.next()))
    const near = 1 - y / horizonYPx
    const length = unitPx * random.between(180, 620) * (0.5 + near)
    const x = random.between(-0.1, 1.1) * widthPx
    const thickness = unitPx * random.between(5, 17) * (0.45 + near * 1.3)
    const closeness = Math.max(0, 1 - Math.hypot(x - light.xPx, y - light.yPx) / (widthPx * 0.6))
    const lit = mix(mix(palette.sky[1], palette.far, 0.5), palette.glow, 0.25 + 0.75 * closeness)
    context.fillStyle = css(lit, random.between(0.28, 0.62))
    context.fill(streak({ x, y }, length, thickness, (t) => noise.fractal(t * 5 + index * 11, 3)))
  }
}

function streak(center: Point, lengthPx: number, thicknessPx: number, wobble: (t: number) => number) {
  const steps = 22
  const top: Point[] = []
  const bottom: Point[] = []
  for (let step = 0; step <= steps; step += 1) {
    const t = step / steps
    const swell = Math.sin(t * Math.PI) ** 0.8
    const x = center.x + (t - 0.5) * lengthPx
    top.push({ x, y: center.y - thicknessPx * swell * (0.7 + wobble(t)) })
    bottom.push({ x, y: center.y + thicknessPx * swell * (0.22 + 0.4 * wobble(t + 9)) })
  }
  return smoothPath([...top, ...bottom.toReversed()], true)
}

/** Heaped clouds with a flat base, lit on top and towards the light. */
export function drawCumulus(stage: Stage, count: number): void {
  const { context, widthPx, palette, horizonYPx, unitPx, light } = stage
  const random = stage.random.fork('cumulus')
  const isDay = palette.time === 'day'
  for (let index = 0; index < count; index += 1) {
    const x = ((index + random.between(0.1, 0.9)) / count) * widthPx
    const y = horizonYPx * random.between(0.42, 0.88)
    const near = 1 - y / horizonYPx
    const width = unitPx * random.between(150, 330) * (0.55 + near * 1.5)
    const lit = isDay ? oklch(0.985, 0.012, 85) : mix(palette.sky[3], palette.glow, 0.55)
    const shade = isDay ? mix(palette.sky[1], lit, 0.45) : mix(palette.sky[1], palette.far, 0.4)
    const height = width * random.between(0.3, 0.42)
    context.save()
    context.globalAlpha = isDay ? 0.93 : 0.8
    context.fillStyle = vertical(context, y - height, y, [
      [0, lit],
      [0.55, mix(lit, shade, 0.35)],
      [1, mix(shade, palette.sky[2], 0.35)],
    ])
    context.fill(heap({ x, y }, width, height, light.side, () => random.next()))
    context.restore()
  }
}

function heap(foot: Point, widthPx: number, heightPx: number, side: number, next: () => number) {
  const points: Point[] = []
  const lobes = 5 + Math.floor(next() * 3)
  const steps = 64
  const centres = Array.from({ length: lobes }, (_, lobe) => {
    const t = (lobe + 0.5) / lobes
    // The highest lobe stands towards the light: it makes the cloud lean, not sit.
    const envelope =
      Math.sin(t * Math.PI) ** 0.7 * (0.72 + 0.28 * Math.cos((t - 0.5 - side * 0.15) * Math.PI))
    const radius = (widthPx / lobes) * (0.75 + 0.45 * next())
    return { x: (t - 0.5) * widthPx, radius, lift: heightPx * envelope * (0.55 + 0.45 * next()) }
  })
  for (let step = 0; step <= steps; step += 1) {
    const x = (step / steps - 0.5) * widthPx * 1.12
    let top = 0
    for (const centre of centres) {
      const across = (x - centre.x) / centre.radius
      if (Math.abs(across) < 1) top = Math.max(top, centre.lift * Math.sqrt(1 - across * across))
    }
    points.push({ x: foot.x + x, y: foot.y - top })
  }
  return smoothPath(
    [
      ...points,
      { x: foot.x + widthPx * 0.5, y: foot.y + heightPx * 0.05 },
      { x: foot.x - widthPx * 0.5, y: foot.y + heightPx * 0.05 },
    ],
    true,
  )
}

/** A flat dark ceiling for storms. */
export function drawStormCeiling(stage: Stage): void {
  const { context, widthPx, horizonYPx, palette } = stage
  const noise = createNoise(stage.random.fork('storm'))
  const dark = adjust(mix(palette.sky[0], palette.near, 0.45), -0.02, 0.7)
  const cloud = noiseCloud(128, 64, dark, (x, y) => {
    const body = 0.95 - y * 1.25 + 0.55 * noise.fractal(x * 3.2, 5, y * 5 + 0.5)
    return Math.min(0.93, body * (0.8 + 0.5 * noise.fractal(x * 7, 3, y * 9 + 4)))
  })
  context.save()
  context.imageSmoothingQuality = 'high'
  context.drawImage(cloud, 0, 0, widthPx, horizonYPx * 0.95)
  context.restore()
}

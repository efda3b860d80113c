import { css, mix, oklch } from '../colour.ts'
import { createNoise } from '../noise.ts'
import { below, polygon, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { surface } from '../shading.ts'
import type { Stage } from '../stage.ts'
import { fillLand, rimLight, topOf } from '../terrain.ts'
import { spray } from '../texture.ts'

/** The mountain that the picture is about: its outline and the crests its faces hang from. */
export interface Massif {
  line: Point[]
  /** Indexes into `line` of local crests, each with the height of the face below it. */
  crests: { index: number; dropPx: number }[]
  baseYPx: number
  heightPx: number
}

/** A main peak on the side away from the light, with lower ones beside it. */
export function massifOf(stage: Stage): Massif {
  const { widthPx, unitPx, horizonYPx, light } = stage
  const random = stage.random.fork('massif')
  const height = Math.min(unitPx * random.between(340, 460), horizonYPx * 0.74)
  const main = 0.5 - light.side * random.between(0.06, 0.2)
  const wide = widthPx / (1000 * unitPx)
  const peaks = [{ t: main, rise: 1, width: 0.36 / wide }]
  const more = random.whole(2, 3 + Math.round(wide))
  for (let index = 0; index < more; index += 1) {
    peaks.push({
      t: random.between(-0.05, 1.05),
      rise: random.between(0.38, 0.78),
      width: random.between(0.2, 0.32) / wide,
    })
  }
  const noise = createNoise(random.fork('rock'))
  const steps = Math.min(1200, Math.ceil(widthPx / (3 * unitPx)))
  const line = Array.from({ length: steps + 1 }, (_, step) => {
    const t = (step / steps) * 1.08 - 0.04
    let rise = 0
    for (const peak of peaks) {
      const distance = Math.abs(t - peak.t) / peak.width
      // Steep near the top, flatter below: the profile of a glacial horn.
      rise = Math.max(rise, peak.rise * Math.max(0, 1 - distance) ** 1.15)
    }
    const rough =
      noise.fractal(t * wide * 11, 5) * 0.19 * (0.35 + rise) + noise.fractal(t * wide * 40, 3) * 0.035
    return { x: t * widthPx, y: horizonYPx - height * Math.max(0.02, rise + rough) }
  })
  return { line, crests: crestsOf(line, height, horizonYPx), baseYPx: horizonYPx, heightPx: height }
}

function crestsOf(line: readonly Point[], heightPx: number, baseYPx: number): Massif['crests'] {
  const crests: Massif['crests'] = []
  const reach = 12
  for (const [index, point] of line.entries()) {
    const window = line.slice(Math.max(0, index - reach), index + reach + 1)
    const rise = baseYPx - point.y
    if (rise > heightPx * 0.22 && window.every((other) => other.y >= point.y)) {
      crests.push({ index, dropPx: rise * 0.97 })
    }
  }
  return crests
}

/** Rock in light and shade, snow above, haze below. */
export function drawMassif(stage: Stage, massif: Massif): void {
  const { context, palette, unitPx, widthPx, light, reading } = stage
  const random = stage.random.fork('massif faces')
  const depth = 0.42
  const isWhite = reading.season === 'winter' || reading.weather.has('snow') || reading.features.has('snowy')
  const asked = stage.sceneColour
  const rock = asked ?? oklch(0.7, 0.045, palette.far.h)
  const lit = mix(surface(palette, rock, 1, depth), palette.glow, palette.time === 'day' ? 0.06 : 0.26)
  const shade = mix(surface(palette, rock, 0, depth * 0.85), palette.sky[0], 0.12)
  const haze = mix(palette.sky[3], palette.far, 0.35)
  const shape = below(massif.line, massif.baseYPx + 1)
  const top = topOf(massif.line)
  fillLand(stage, massif.line, massif.baseYPx, lit, { colour: haze, amount: 0.5 })
  context.save()
  context.clip(shape)
  if (asked === undefined || isWhite) drawSnow(stage, massif, random.fork('snow'), isWhite ? 0.95 : 0.5)
  drawFaces(stage, massif, random.fork('faces'), css(shade, 0.58))
  context.restore()
  const box = { xPx: 0, yPx: top, widthPx, heightPx: massif.baseYPx - top }
  spray(context, shape, box, {
    from: { x: 0, y: massif.baseYPx },
    to: { x: 0, y: top + massif.heightPx * 0.25 },
    colour: haze,
    alpha: 0.55,
  })
  const darkSide = { x: light.side > 0 ? 0 : widthPx, y: top }
  spray(context, shape, box, { from: darkSide, to: { x: widthPx / 2, y: top }, colour: shade, alpha: 0.45 })
  rimLight(stage, massif.line, palette.glow, 0.3, unitPx)
}

/** The sides turned from the light: from each crest a jagged edge falls, shade lies beyond it. */
function drawFaces(stage: Stage, massif: Massif, random: Random, shade: string): void {
  const { context, light, unitPx } = stage
  const { line, crests } = massif
  const away = -light.side
  for (const crest of crests) {
    const summit = line[crest.index]
    if (summit === undefined) continue
    const noise = createNoise(random.fork(`crest ${crest.index}`))
    const edge: Point[] = []
    const drift = random.between(-0.06, 0.2) * -away
    for (let step = 1; step <= 26; step += 1) {
      const t = step / 26
      const wander = noise.fractal(t * 4.5, 4) * 0.34 * t
      edge.push({ x: summit.x + crest.dropPx * (drift * t + wander), y: summit.y + crest.dropPx * t })
    }
    const outline: Point[] = []
    for (let index = crest.index; index >= 0 && index < line.length; index += away) {
      const point = line[index]
      if (point === undefined) break
      outline.push(point)
      const isNextFace = crests.some(
        (other) => other.index === index && other !== crest && other.dropPx > crest.dropPx * 0.55,
      )
      // The next crest of some size begins a face of its own, in the light again.
      if (isNextFace || Math.abs(point.x - summit.x) > crest.dropPx * 1.1) break
    }
    const end = outline.at(-1) ?? summit
    outline.push({ x: end.x - away * crest.dropPx * 0.1, y: summit.y + crest.dropPx * 1.02 })
    context.fillStyle = shade
    context.fill(polygon([...edge.toReversed(), ...outline]))
    gullies(stage, summit, crest.dropPx, away, noise, random, unitPx)
  }
}

/** Thin strokes of light and dark down the faces. */
function gullies(
  stage: Stage,
  summit: Point,
  dropPx: number,
  away: number,
  noise: ReturnType<typeof createNoise>,
  random: Random,
  unitPx: number,
): void {
  const { context, palette } = stage
  for (let index = 0; index < 7; index += 1) {
    const isDark = random.chance(0.55)
    const start = random.between(0.08, 0.5)
    const length = dropPx * random.between(0.12, 0.34)
    const x = summit.x + (isDark ? away : -away) * dropPx * start * random.between(0.2, 0.62)
    const y = summit.y + dropPx * start
    const lean = (isDark ? away : -away) * random.between(0.15, 0.5)
    context.strokeStyle = css(isDark ? palette.sky[0] : palette.key, isDark ? 0.2 : 0.26)
    context.lineWidth = unitPx * random.between(0.8, 2.4)
    context.beginPath()
    context.moveTo(x, y)
    for (let step = 1; step <= 5; step += 1) {
      const t = step / 5
      context.lineTo(x + lean * length * t + noise.at(index * 3.1 + t * 3) * length * 0.16, y + length * t)
    }
    context.stroke()
  }
}

/** Snow from the top down to a ragged line, reaching lower in the gullies. */
function drawSnow(stage: Stage, massif: Massif, random: Random, cover: number): void {
  const { context, palette } = stage
  const noise = createNoise(random)
  const white = mix(oklch(0.975, 0.008, 250), palette.key, 0.22)
  const snow = mix(white, palette.far, palette.time === 'night' || palette.time === 'dusk' ? 0.5 : 0.16)
  const lower = massif.line.map((point, index) => {
    const rise = massif.baseYPx - point.y
    const fringe = noise.ridged(index * 0.055, 4) * 0.55 + noise.at(index * 0.4) * 0.12
    const share = cover >= 0.9 ? 0.94 : Math.max(0, (rise / massif.heightPx - 0.34) * 1.15)
    return { x: point.x, y: point.y + rise * share * ((cover >= 0.9 ? 0.75 : 0.45) + fringe) }
  })
  context.fillStyle = css(snow, 0.95)
  context.fill(polygon([...massif.line, ...lower.toReversed()]))
}

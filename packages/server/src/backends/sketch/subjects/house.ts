import { Path2D } from '@napi-rs/canvas'
import { css, mix, oklch } from '../colour.ts'
import { glow, smoothPath } from '../paint.ts'
import type { Brush, Subject } from './subject.ts'

const gable = 'M -43 1 L -43 -37 L -23 -67 L -3 -37 L -3 1 Z'
const side = 'M -3 1 L -3 -37 L 45 -37 L 45 1 Z'
const roof = 'M -23 -69 L 27 -69 L 50 -35 L 0 -35 Z'

/** A small house with a gable, a smoking chimney and lamps behind its windows. */
export const house: Subject = {
  name: 'house',
  habitat: 'ground',
  homes: ['meadow', 'mountains'],
  scale: 0.62,
  aspect: 1.3,
  group: [1, 1],
  draw(brush) {
    const { colours } = brush
    const wall = colours[1] ?? (colours[0] === undefined ? oklch(0.62, 0.09, 45) : oklch(0.9, 0.03, 85))
    // `a red house`: the walls, when one colour is named and no roof is.
    const walls = colours.length === 1 ? (colours[0] ?? wall) : wall
    const tiles =
      colours.length > 1
        ? (colours[0] ?? wall)
        : colours.length === 1
          ? oklch(0.4, 0.04, 270)
          : oklch(0.44, 0.09, 30)
    drawSmoke(brush)
    brush.solid(new Path2D('M 10 -86 L 20 -86 L 20 -56 L 10 -56 Z'), oklch(0.55, 0.07, 35), {
      left: 10,
      top: -86,
      right: 20,
      bottom: -56,
    })
    fillFace(brush, gable, walls, brush.side < 0 ? 0.95 : 0.22)
    fillFace(brush, side, walls, brush.side < 0 ? 0.4 : 0.8)
    drawBoards(brush)
    fillFace(brush, roof, tiles, brush.side < 0 ? 0.35 : 0.85)
    drawRoofLines(brush)
    drawOpenings(brush)
    drawBushes(brush)
  },
}

function fillFace(
  { context, tone }: Brush,
  outline: string,
  pigment: Parameters<Brush['tone']>[0],
  lit: number,
): void {
  context.fillStyle = css(tone(pigment, lit))
  context.fill(new Path2D(outline))
}

function drawBoards({ context, tone }: Brush): void {
  context.strokeStyle = css(tone(oklch(0.25, 0.03, 50), 0.3), 0.22)
  context.lineWidth = 0.5
  const boards = new Path2D()
  for (let y = -4; y > -37; y -= 4.4) {
    boards.moveTo(-43, y)
    boards.lineTo(45, y)
  }
  context.stroke(boards)
}

function drawRoofLines(brush: Brush): void {
  const { context, tone, stage } = brush
  const isSnowy = stage.reading.season === 'winter' || stage.reading.weather.has('snow')
  const dark = tone(oklch(0.24, 0.03, 40), 0.3)
  if (isSnowy) {
    context.fillStyle = css(tone(oklch(0.97, 0.01, 240), 0.9))
    context.fill(
      new Path2D(
        'M -24 -72 L 27 -72 L 51 -36 L 48 -33 C 44 -37 40 -32 36 -36 C 30 -38 26 -33 20 -36 C 12 -38 8 -33 0 -36 L -22 -66 L -44 -34 L -48 -36 Z',
      ),
    )
    return
  }
  context.strokeStyle = css(dark, 0.28)
  context.lineWidth = 0.7
  for (let row = 1; row < 7; row += 1) {
    const t = row / 7
    context.stroke(new Path2D(`M ${-23 + 23 * t} ${-69 + 34 * t} L ${27 + 23 * t} ${-69 + 34 * t}`))
  }
  context.strokeStyle = css(mix(dark, tone(oklch(0.9, 0.03, 80), 0.8), 0.75))
  context.lineWidth = 2.2
  context.lineJoin = 'round'
  context.stroke(new Path2D('M -47 -33 L -23 -69 L 0 -34.5 L 50 -34.5'))
}

function drawOpenings(brush: Brush): void {
  const { context, tone, stage } = brush
  const { time } = stage.palette
  const isLit = time === 'night' || time === 'dusk' || time === 'sunset' || stage.reading.weather.has('rain')
  const lamp = oklch(0.9, 0.13, 80)
  const pane = isLit ? lamp : tone(oklch(0.55, 0.05, 235), 0.7)
  const frame = tone(oklch(0.93, 0.02, 85), 0.7)
  const windows = [
    [-29, -31, 12, 13],
    [4, -28, 9, 11],
    [31, -28, 9, 11],
    [-26.5, -53, 7, 7],
  ] as const
  for (const [x, y, width, height] of windows) {
    if (isLit) glow(context, { x: x + width / 2, y: y + height / 2 }, 22, lamp, 0.5)
    context.fillStyle = css(frame)
    context.fillRect(x - 1.1, y - 1.1, width + 2.2, height + 2.2)
    context.fillStyle = css(pane)
    context.fillRect(x, y, width, height)
    context.fillStyle = css(frame)
    context.fillRect(x + width / 2 - 0.4, y, 0.8, height)
    context.fillRect(x, y + height / 2 - 0.4, width, 0.8)
  }
  context.fillStyle = css(tone(oklch(0.38, 0.07, 50), 0.5))
  context.fill(new Path2D('M 17.5 1 L 17.5 -23 Q 22.5 -28 27.5 -23 L 27.5 1 Z'))
  context.fillStyle = css(tone(oklch(0.85, 0.12, 85), 0.8))
  context.beginPath()
  context.arc(25.6, -11, 0.8, 0, Math.PI * 2)
  context.fill()
}

function drawBushes({ context, tone, random, stage }: Brush): void {
  if (stage.reading.season === 'winter') return
  for (const x of [-40, -33, 38, 46, 8]) {
    const size = random.between(4.5, 8)
    context.fillStyle = css(tone(oklch(0.45, 0.09, 145), random.between(0.2, 0.6)))
    context.fill(
      smoothPath(
        [
          { x: x - size, y: 1.5 },
          { x: x - size * 0.8, y: -size * 0.8 },
          { x: x, y: -size * 1.4 },
          { x: x + size * 0.9, y: -size * 0.7 },
          { x: x + size, y: 1.5 },
        ],
        true,
      ),
    )
  }
}

function drawSmoke({ context, stage, random }: Brush): void {
  const colour = mix(stage.palette.sky[3], oklch(0.95, 0.01, 250), 0.4)
  for (let puff = 0; puff < 7; puff += 1) {
    const t = puff / 7
    context.fillStyle = css(colour, 0.34 * (1 - t))
    context.beginPath()
    context.ellipse(
      15 + t * 9 + random.between(-1.5, 1.5),
      -88 - t * 22,
      2.4 + t * 5.5,
      2.2 + t * 4,
      0,
      0,
      Math.PI * 2,
    )
    context.fill()
  }
}

import { css, mix, oklch } from '../colour.ts'
import { below, heightAt, type Point } from '../paint.ts'
import { surface } from '../shading.ts'
import type { Stage } from '../stage.ts'
import { rimLight, topOf } from '../terrain.ts'
import { spray } from '../texture.ts'
import { drawConifer, drawGrass } from '../vegetation.ts'
import { vertical } from '../paint.ts'

/** The bank right before the viewer: dark grass, a few firs at the edge of the picture as a frame. */
export function drawMeadowBank(stage: Stage, line: readonly Point[]): void {
  const { context, palette, unitPx, widthPx, heightPx, light, reading } = stage
  const random = stage.random.fork('bank plants')
  const isSnowy = reading.season === 'winter' || reading.weather.has('snow')
  const own = isSnowy
    ? oklch(0.94, 0.01, 240)
    : reading.season === 'autumn'
      ? oklch(0.6, 0.11, 80)
      : oklch(0.5, 0.1, 140)
  const colour = surface(palette, own, 0.45, 0.03)
  const dark = mix(colour, palette.near, 0.65)
  const shape = below(line, heightPx + 1)
  const top = topOf(line)
  const firs = random.whole(3, 6)
  for (let index = 0; index < firs; index += 1) {
    const t = (index + random.next()) / firs
    const x = light.side > 0 ? widthPx * 0.2 * t : widthPx * (1 - 0.2 * t)
    const size = Math.min(unitPx * random.between(190, 400), heightPx * 0.5) * (1 - 0.55 * t)
    const fir = mix(surface(palette, oklch(0.36, 0.06, 160), 0.25, 0.04), palette.near, 0.45)
    context.fillStyle = css(fir)
    drawConifer(context, { x, y: heightAt(line, x) + unitPx * 6 }, size, random)
  }
  context.fillStyle = vertical(context, top, heightPx, [
    [0, colour],
    [0.4, mix(colour, dark, 0.6)],
    [1, dark],
  ])
  context.fill(shape)
  const box = { xPx: 0, yPx: top, widthPx, heightPx: heightPx - top }
  spray(context, shape, box, {
    from: { x: 0, y: heightPx },
    to: { x: 0, y: top },
    colour: palette.near,
    alpha: 0.6,
  })
  rimLight(stage, line, mix(colour, palette.glow, 0.5), 0.5, unitPx * 1.4)
  if (!isSnowy)
    drawGrass(stage, line, random.fork('grass'), {
      heightPx: unitPx * 15,
      colour: mix(colour, palette.glow, 0.15),
      dark,
    })
}

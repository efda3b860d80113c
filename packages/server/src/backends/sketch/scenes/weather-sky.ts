import { drawDistantBirds } from '../sky-life.ts'
import {
  drawAurora,
  drawCumulus,
  drawDisc,
  drawMilkyWay,
  drawSky,
  drawStars,
  drawStormCeiling,
  drawStreaks,
} from '../sky.ts'
import type { Layer, Stage } from '../stage.ts'

/** The sky of any scene on Earth, as time and weather ask. */
export function skyLayers(stage: Stage): Layer[] {
  const { reading, palette } = stage
  const random = stage.random.fork('sky plan')
  const isStormy = reading.weather.has('storm') || reading.weather.has('rain')
  const isCloudy = isStormy || reading.weather.has('cloudy') || reading.sky.has('clouds')
  const isClear = reading.weather.has('clear') || reading.avoid.has('sky:clouds')
  const layers: Layer[] = [{ name: 'sky', draw: () => drawSky(stage) }]
  const stars = Math.max(palette.stars, reading.sky.has('stars') ? 0.8 : 0) * (isCloudy ? 0.35 : 1)
  if (stars > 0) {
    layers.push({
      name: 'stars',
      draw() {
        if (palette.time === 'night' && !isCloudy) drawMilkyWay(stage, random.between(0.25, 0.5))
        drawStars(stage, stars)
      },
    })
  }
  if (reading.weather.has('aurora')) layers.push({ name: 'aurora', draw: () => drawAurora(stage) })
  layers.push({ name: 'sun', draw: () => drawDisc(stage) })
  const isBare = isClear || reading.style === 'minimal'
  const streaks = isBare ? 0 : random.whole(isCloudy ? 9 : 3, isCloudy ? 16 : 9)
  const heaps = isBare || isStormy ? 0 : isCloudy ? random.whole(4, 6) : cumulusOn(stage, random.whole(0, 4))
  layers.push({
    name: 'clouds',
    draw() {
      if (isStormy) drawStormCeiling(stage)
      drawStreaks(stage, palette.time === 'night' ? Math.ceil(streaks / 3) : streaks)
      if (heaps > 0) drawCumulus(stage, heaps)
    },
  })
  const hasGulls = random.chance(0.6) && !isStormy && reading.style !== 'minimal'
  if (hasGulls && palette.stars < 0.9 && !reading.avoid.has('subject:bird')) {
    layers.push({ name: 'distant birds', draw: () => drawDistantBirds(stage) })
  }
  return layers
}

/** Heaped clouds belong to the day; at night and at dusk streaks are enough. */
function cumulusOn(stage: Stage, count: number): number {
  if (stage.palette.time === 'day') return count
  return stage.palette.time === 'dawn' || stage.palette.time === 'sunset' ? Math.floor(count / 2) : 0
}

import { adjust, mix, oklch, type Colour } from './colour.ts'
import type { Palette, TimeOfDay } from './palette.ts'
import { palettes } from './palettes.ts'
import type { Random } from './random.ts'
import { pigments } from './words/colour-words.ts'
import type { SceneName } from './words/meaning.ts'
import type { Reading } from './words/reading.ts'

/** The palette that time, mood, weather, colours and style of the prompt ask for; the rest is left to chance. */
export function choosePalette(reading: Reading, scene: SceneName | undefined, random: Random): Palette {
  const time = reading.time ?? guessTime(reading, scene, random)
  let palette = random.pick(palettes[time])
  // A few degrees of hue: two seeds that draw the same palette still differ.
  const turn = random.between(-9, 9)
  palette = mapColours(palette, (colour) => ({ ...colour, h: colour.h + turn }))
  palette = applyWeather(palette, reading)
  for (const mood of reading.moods) palette = moodChanges[mood]?.(palette) ?? palette
  palette = applyColours(palette, reading)
  return applyStyle(palette, reading)
}

function guessTime(reading: Reading, scene: SceneName | undefined, random: Random): TimeOfDay {
  const wanted: TimeOfDay[] = []
  if (
    reading.features.has('neon') ||
    reading.sky.has('moon') ||
    reading.sky.has('stars') ||
    reading.weather.has('aurora') ||
    scene === 'space'
  ) {
    return 'night'
  }
  if (reading.sky.has('sun') || reading.season === 'summer') wanted.push('day', 'sunset')
  else if (reading.moods.has('dark')) wanted.push('dusk', 'night')
  else if (reading.moods.has('dramatic') || reading.moods.has('warm')) wanted.push('sunset', 'sunset', 'dusk')
  else if (reading.moods.has('calm') || reading.weather.has('fog')) wanted.push('dawn', 'day', 'dusk')
  else if (reading.moods.has('bright') || reading.season === 'spring') wanted.push('day', 'dawn')
  else if (reading.weather.has('rain') || reading.weather.has('storm')) wanted.push('day', 'dusk')
  else if (scene === 'city') wanted.push('dusk', 'night', 'sunset')
  else wanted.push('day', 'day', 'sunset', 'dawn', 'dusk')
  const allowed = wanted.filter((time) => !reading.avoid.has(`time:${time}`))
  const [first = 'day', ...rest] = allowed
  return random.pick([first, ...rest])
}

type Change = (palette: Palette) => Palette

/** The same change for every colour of a palette. */
function mapColours(palette: Palette, change: (colour: Colour) => Colour): Palette {
  const { sky, accents } = palette
  return {
    ...palette,
    sky: [change(sky[0]), change(sky[1]), change(sky[2]), change(sky[3])],
    disc: change(palette.disc),
    glow: change(palette.glow),
    far: change(palette.far),
    near: change(palette.near),
    water: change(palette.water),
    accents: [change(accents[0]), change(accents[1]), change(accents[2])],
  }
}

const towards =
  (target: Colour, amount: number): Change =>
  (palette) =>
    mapColours(palette, (colour) => mix(colour, { ...target, l: colour.l }, amount))

const moodChanges: Partial<Record<string, Change>> = {
  calm: (palette) => mapColours(palette, (colour) => adjust(colour, 0.01, 0.86)),
  dramatic: (palette) => mapColours(palette, (colour) => adjust(colour, (colour.l - 0.6) * 0.12, 1.15)),
  warm: towards(oklch(0.7, 0.13, 55), 0.22),
  cold: towards(oklch(0.7, 0.1, 240), 0.28),
  dark: (palette) => mapColours(palette, (colour) => adjust(colour, -0.07, 0.85)),
  bright: (palette) => mapColours(palette, (colour) => adjust(colour, 0.03, 1.08)),
  dreamy: towards(oklch(0.7, 0.12, 325), 0.25),
}

function applyWeather(palette: Palette, { weather, season }: Reading): Palette {
  let result = palette
  if (weather.has('storm') || weather.has('rain')) {
    const grey = oklch(0.5, 0.03, 235)
    result = mapColours(result, (colour) =>
      mix(adjust(colour, -0.06, 1), { ...grey, l: colour.l - 0.08 }, 0.55),
    )
  }
  if (weather.has('fog')) {
    const mist = mix(result.sky[3], result.sky[2], 0.4)
    const [zenith, upper, lower, horizon] = result.sky
    result = {
      ...mapColours(result, (colour) => adjust(colour, 0.02, 0.7)),
      sky: [mix(zenith, mist, 0.6), mix(upper, mist, 0.75), mix(lower, mist, 0.8), mix(horizon, mist, 0.6)],
      far: mix(result.far, mist, 0.7),
      near: mix(result.near, mist, 0.18),
    }
  }
  if (weather.has('snow')) result = towards(oklch(0.7, 0.04, 250), 0.3)(result)
  // Snow throws light everywhere: on a white field nothing is a silhouette.
  if (weather.has('snow') || season === 'winter') result = { ...result, graphic: result.graphic * 0.3 }
  return result
}

/** Colour words: those of the sky tint the sky, those of the scene its land, loose ones the whole picture. */
function applyColours(palette: Palette, { skyColours, freeColours }: Reading): Palette {
  let result = palette
  const tint = (colour: Colour, pigment: Colour, amount: number): Colour => {
    const target = {
      l: colour.l + (pigment.l - colour.l) * 0.12,
      c: Math.min(pigment.c * 0.85, 0.15),
      h: pigment.h,
    }
    return mix(colour, target, amount)
  }
  for (const [index, name] of skyColours.slice(0, 2).entries()) {
    const pigment = pigments[name]
    const [zenith, upper, lower, horizon] = result.sky
    const amount = index === 0 ? 0.7 : 0.45
    result = {
      ...result,
      sky: [
        tint(zenith, pigment, amount * 0.75),
        tint(upper, pigment, amount),
        tint(lower, pigment, amount),
        tint(horizon, pigment, amount * 0.6),
      ],
      glow: tint(result.glow, pigment, amount * 0.5),
      far: tint(result.far, pigment, amount * 0.7),
      water: tint(result.water, pigment, amount * 0.45),
    }
  }
  for (const name of freeColours.slice(0, 2)) {
    const pigment = pigments[name]
    result = mapColours(result, (colour) => tint(colour, pigment, 0.5))
  }
  return result
}

function applyStyle(palette: Palette, { style }: Reading): Palette {
  switch (style) {
    case 'pastel':
      return {
        ...mapColours(palette, (colour) => ({ l: 0.45 + colour.l * 0.54, c: colour.c * 0.72, h: colour.h })),
        graphic: palette.graphic * 0.6,
      }
    case 'watercolor':
      return mapColours(palette, (colour) => ({ l: 0.26 + colour.l * 0.73, c: colour.c * 0.85, h: colour.h }))
    case 'ink':
      return {
        ...mapColours(palette, (colour) => ({
          l: 0.08 + colour.l * 0.92,
          c: 0.008 + colour.c * 0.04,
          h: 80,
        })),
        graphic: Math.max(0.7, palette.graphic),
      }
    case 'retro':
      return towards(
        oklch(0.7, 0.1, 60),
        0.2,
      )(mapColours(palette, (colour) => adjust(colour, (0.62 - colour.l) * 0.1, 1.05)))
    case 'poster':
      return {
        ...mapColours(palette, (colour) => adjust(colour, (colour.l - 0.55) * 0.08, 1.12)),
        graphic: Math.min(1, palette.graphic + 0.15),
      }
    default:
      return palette
  }
}

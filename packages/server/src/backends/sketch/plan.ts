import type { SKRSContext2D } from '@napi-rs/canvas'
import { choosePalette } from './choose-palette.ts'
import { drawSubject } from './draw-subject.ts'
import { finishLayers } from './finish.ts'
import { createRandom, type Random } from './random.ts'
import { abstract } from './scenes/abstract.ts'
import { scenes } from './scenes/index.ts'
import type { Layer, Light, Scene, Stage } from './stage.ts'
import { subjects } from './subjects/index.ts'
import type { Subject } from './subjects/subject.ts'
import { pigments } from './words/colour-words.ts'
import type { SceneName } from './words/meaning.ts'
import type { Reading, SubjectReading } from './words/reading.ts'
import type { Palette } from './palette.ts'

/** What determines a drawing besides its reading. */
export interface PictureRequest {
  prompt: string
  seed: number
  widthPx: number
  heightPx: number
}

/** All steps of a drawing, back to front, on the given context. Nothing is drawn until they run. */
export function planPicture(request: PictureRequest, reading: Reading, context: SKRSContext2D): Layer[] {
  const random = createRandom(`${request.seed}/${request.prompt}`)
  const name = chooseScene(reading, random.fork('scene'))
  const scene = name === undefined ? abstract : scenes[name]
  const palette = choosePalette(reading, name, random.fork('palette'))
  const cast = reading.subjects.map((asked) => ({ asked, subject: subjects[asked.name] }))
  const stage = setStage(
    request,
    reading,
    context,
    scene,
    palette,
    random,
    cast.map(({ subject }) => subject),
  )
  const composition = scene.compose(stage)
  const isAloft = (subject: Subject): boolean => subject.habitat === 'sky'
  const middle: (Layer & { yPx: number })[] = cast.map(({ asked, subject }) => {
    // Whoever is in the air is spread over the sky, all others over the ground, whatever they stand on.
    const row = cast.filter((other) => isAloft(other.subject) === isAloft(subject))
    const index = row.findIndex((other) => other.asked === asked)
    const spot = composition.spot(subject.habitat, index, row.length)
    return { name: subject.name, yPx: spot.yPx, draw: () => drawSubject(stage, subject, asked, spot) }
  })
  middle.sort((one, other) => one.yPx - other.yPx)
  return [...composition.back, ...middle, ...composition.front, ...finishLayers(stage)]
}

/** The scene to draw: what the prompt names, else a home of its subject, else one for its weather; or none. */
export function chooseScene(reading: Reading, random: Random): SceneName | undefined {
  const isAllowed = (name: SceneName): boolean => !reading.avoid.has(`scene:${name}`)
  const [heaviest] = reading.scenes
  if (heaviest !== undefined) return heaviest.name
  const hasAir =
    reading.time !== undefined ||
    reading.weather.size > 0 ||
    reading.season !== undefined ||
    reading.sky.size > 0
  const homes = reading.subjects.length > 0 ? sharedHomes(reading.subjects) : hasAir ? openScenes : []
  const [first, ...rest] = homes.filter(isAllowed)
  if (first !== undefined) return random.pick([first, ...rest])
  return homes.length > 0 ? (['meadow', 'mountains', 'sea'] as const).find(isAllowed) : undefined
}

/** Scenes for a prompt that speaks of weather or time only. */
const openScenes: readonly SceneName[] = ['sea', 'mountains', 'meadow', 'desert']

/** The homes that most of the subjects share: a cat and a tree meet in a meadow, not on a roof. */
function sharedHomes(cast: readonly SubjectReading[]): SceneName[] {
  const guests = new Map<SceneName, number>()
  for (const { name } of cast)
    for (const home of subjects[name].homes) guests.set(home, (guests.get(home) ?? 0) + 1)
  const most = Math.max(...guests.values())
  return [...guests].filter(([, count]) => count === most).map(([home]) => home)
}

function setStage(
  request: PictureRequest,
  reading: Reading,
  context: SKRSContext2D,
  scene: Pick<Scene, 'horizon' | 'compose'>,
  palette: Palette,
  random: Random,
  cast: readonly Subject[],
): Stage {
  const { widthPx, heightPx } = request
  const unitPx = Math.sqrt(widthPx * heightPx) / 1000
  const [askedColour] = reading.sceneColours
  const horizonYPx = heightPx * scene.horizon(random.fork('horizon'))
  return {
    context,
    widthPx,
    heightPx,
    unitPx,
    reading,
    habitats: new Set(cast.map((subject) => subject.habitat)),
    palette,
    sceneColour: askedColour === undefined ? undefined : pigments[askedColour],
    horizonYPx,
    light: placeLight(widthPx, unitPx, horizonYPx, reading, palette, random.fork('light')),
    random,
  }
}

function placeLight(
  widthPx: number,
  unitPx: number,
  horizonYPx: number,
  reading: Reading,
  palette: Palette,
  random: Random,
): Light {
  const { time } = palette
  const side = random.chance(0.5) ? 1 : -1
  const kind = time === 'night' || time === 'dusk' ? 'moon' : 'sun'
  // A third of the picture, give or take: never the middle, never the edge.
  const xPx = widthPx * (0.5 + side * random.between(0.1, 0.24))
  const altitude = {
    dawn: [0.1, 0.24],
    day: [0.52, 0.78],
    sunset: [0.06, 0.22],
    dusk: [0.45, 0.7],
    night: [0.5, 0.74],
  }[time]
  const height = random.between(altitude[0] ?? 0.5, altitude[1] ?? 0.7)
  const isHidden =
    reading.weather.has('storm') || reading.weather.has('rain') || reading.weather.has('cloudy')
  const asked = reading.sky.has('sun') || reading.sky.has('moon')
  const radius = { dawn: [38, 58], day: [34, 52], sunset: [46, 88], dusk: [22, 34], night: [34, 56] }[time]
  return {
    kind,
    side,
    xPx,
    yPx: horizonYPx * (1 - height),
    radiusPx: unitPx * random.between(radius[0] ?? 40, radius[1] ?? 50),
    visible: asked || (!isHidden && (time !== 'day' || random.chance(0.75))),
  }
}

import type { TimeOfDay } from '../palette.ts'

/** The scenes that sketch-1 can draw. */
export const sceneNames = [
  'sea',
  'mountains',
  'forest',
  'city',
  'desert',
  'space',
  'meadow',
  'table',
] as const
export type SceneName = (typeof sceneNames)[number]

/** The subjects that sketch-1 can draw. */
export const subjectNames = [
  'sailboat',
  'tree',
  'house',
  'lighthouse',
  'bird',
  'cat',
  'fox',
  'balloon',
] as const
export type SubjectName = (typeof subjectNames)[number]

export type Weather = 'fog' | 'rain' | 'snow' | 'storm' | 'clear' | 'cloudy' | 'aurora'
export type Season = 'spring' | 'summer' | 'autumn' | 'winter'
export type Mood = 'calm' | 'dramatic' | 'warm' | 'cold' | 'dark' | 'bright' | 'dreamy'
export type StyleName = 'gouache' | 'watercolor' | 'minimal' | 'poster' | 'ink' | 'retro' | 'pastel'
export type Extent = 'small' | 'large'

/** What one word or phrase says. A word can say several things: a sailboat also speaks of the sea. */
export type Meaning =
  | { kind: 'scene'; value: SceneName; weight: number; feature?: SceneFeature; undrawn?: boolean }
  | { kind: 'subject'; value: SubjectName }
  /** A part of a subject, so that a colour before it is the colour of that subject (`red sails`). */
  | { kind: 'part'; value: SubjectName }
  | { kind: 'sky'; value: 'sky' | 'sun' | 'moon' | 'stars' | 'clouds' }
  | { kind: 'time'; value: TimeOfDay }
  | { kind: 'weather'; value: Weather }
  | { kind: 'season'; value: Season }
  | { kind: 'mood'; value: Mood }
  | { kind: 'style'; value: StyleName }
  | { kind: 'extent'; value: Extent }
  | { kind: 'colour'; value: ColourName }
  | { kind: 'count'; value: number }
  | { kind: 'not' }

/** What a scene word says beside the scene. */
export type SceneFeature =
  | 'lake'
  | 'beach'
  | 'island'
  | 'waves'
  | 'conifers'
  | 'birches'
  | 'cactus'
  | 'canyon'
  | 'planet'
  | 'galaxy'
  | 'flowers'
  | 'fields'
  | 'river'
  | 'snowy'
  | 'fruit'
  | 'apple'
  | 'pear'
  | 'lemon'
  | 'cup'
  | 'palms'
  | 'neon'
  | 'vase'

/** Colour words, each with the colour it stands for in `colour-words.ts`. */
export const colourNames = [
  'red',
  'orange',
  'yellow',
  'green',
  'teal',
  'blue',
  'navy',
  'purple',
  'pink',
  'brown',
  'white',
  'black',
  'grey',
  'gold',
  'cream',
] as const
export type ColourName = (typeof colourNames)[number]

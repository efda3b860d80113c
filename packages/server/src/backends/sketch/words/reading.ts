import type { TimeOfDay } from '../palette.ts'
import type {
  ColourName,
  Extent,
  Mood,
  SceneFeature,
  SceneName,
  Season,
  StyleName,
  SubjectName,
  Weather,
} from './meaning.ts'

/** One subject as the prompt describes it. */
export interface SubjectReading {
  name: SubjectName
  /** In the order of the prompt: the first is the main colour. */
  colours: ColourName[]
  /** 0 when the prompt does not say. At most 12. */
  count: number
  /** Named in the plural, without a number. */
  isPlural: boolean
  extent: Extent | undefined
}

/** What sketch-1 understood of a prompt. Nothing here depends on seed or size. */
export interface Reading {
  /** Scenes by weight, heaviest first; empty when no word speaks of one. */
  scenes: { name: SceneName; weight: number }[]
  features: Set<SceneFeature>
  /** In the order of the prompt, at most three. */
  subjects: SubjectReading[]
  time: TimeOfDay | undefined
  weather: Set<Weather>
  season: Season | undefined
  moods: Set<Mood>
  style: StyleName | undefined
  sky: Set<'sun' | 'moon' | 'stars' | 'clouds'>
  /** Colours bound to the scene, to the sky, and to nothing in particular. */
  sceneColours: ColourName[]
  skyColours: ColourName[]
  /** How many of a thing that belongs to a scene (`three red apples`); 0 when the prompt does not say. */
  sceneCount: number
  freeColours: ColourName[]
  /** Meanings that must not appear, as `kind:value`. */
  avoid: ReadonlySet<string>
  /** Nouns after an article that no list knows, for a warning. */
  unknownNouns: string[]
  /** Subjects known but left out because three are the most that fit. */
  crowdedOut: SubjectName[]
}

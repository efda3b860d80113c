import type { Scene } from '../stage.ts'
import type { SceneName } from '../words/meaning.ts'
import { sea } from './sea.ts'

/** Every scene by name. */
export const scenes: Readonly<Record<SceneName, Scene>> = {
  sea,
  mountains: sea,
  forest: sea,
  city: sea,
  desert: sea,
  space: sea,
  meadow: sea,
  table: sea,
}

import type { Scene } from '../stage.ts'
import type { SceneName } from '../words/meaning.ts'
import { city } from './city.ts'
import { desert } from './desert.ts'
import { forest } from './forest.ts'
import { meadow } from './meadow.ts'
import { mountains } from './mountains.ts'
import { sea } from './sea.ts'
import { space } from './space.ts'
import { table } from './table.ts'

/** Every scene by name. */
export const scenes: Readonly<Record<SceneName, Scene>> = {
  sea,
  mountains,
  forest,
  city,
  desert,
  space,
  meadow,
  table,
}

import type { BackendEdits, BackendRequest } from '../backend.ts'
import type { ServerNames } from '../wire/server-names.ts'
import type { ModelFamily } from './model-families.ts'

/** How one server speaks OpenAI's Images API: what it takes besides, and what it must be kept from reading. */
export interface Dialect {
  /** The backend's name in `DARKROOM_MODELS`. */
  readonly name: string
  readonly names: ServerNames
  /** Part of every generation key; raised when the same request would be sent differently. */
  readonly rendererVersion: string
  familyOf(model: string): ModelFamily
  /** Which of a request's options reach the model. */
  readonly takes: { seed: boolean; negative: boolean; steps: boolean; strength: boolean }
  /** A variation is taken where an image and a strength are. */
  editsOf(model: string): Omit<BackendEdits, 'variation'>
  /** How pictures to start from are sent: as files to `/images/edits`, or within the JSON. */
  readonly inputsAs: 'files' | 'json'
  /** How many pictures of one prompt, with seeds in a row, one call may make as if each were made alone. */
  readonly batch: number
  /** Whether the server does one job at a time, cannot be stopped, and holds others up silently meanwhile. */
  readonly oneAtATime: boolean
  /** What `warm` does: hosted servers charge for a picture, one's own must load its weights. */
  readonly warms: 'asks' | 'draws'
  /** The prompt as it is sent: what the server would obey in it is made harmless, our own arguments are added. */
  promptOf(request: BackendRequest): string
  /** Fields besides OpenAI's. */
  fieldsOf(request: BackendRequest): Readonly<Record<string, unknown>>
}

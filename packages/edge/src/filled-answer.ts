import type { Bytes, SharedBody } from './body/shared-body.ts'
import type { HeaderList } from './headers/header-list.ts'
import type { Freshness } from './policy/freshness.ts'
import type { Fill } from './tags/purge-epochs.ts'

/** A whole answer of one run of the origin, for all who share it. */
export interface WholeAnswer {
  kind: 'whole'
  status: number
  /** For the caller that the run was for; others get `headers`, without the fields meant for one. */
  ownHeaders: HeaderList
  headers: HeaderList
  body: Bytes | SharedBody
  varyNames: readonly string[]
  varyKey: string
  freshness: Freshness
  purgeNames: readonly string[]
  fill: Fill
  /** What the origin said: 304 where `status` is that of the stored answer. */
  originStatus: number
  stored: boolean
  /** It was hard purged before it was complete. */
  purged: boolean
}

/** An answer that only the caller that the run was for can have: not shareable, or too large to keep. */
export interface StreamedAnswer {
  kind: 'streamed'
  response: Response
  tooLarge: boolean
}

export type FilledAnswer = WholeAnswer | StreamedAnswer

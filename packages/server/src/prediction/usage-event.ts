/** One ask for a picture, as the usage log keeps it. */
export interface UsageEvent {
  /** Milliseconds since 1970, UTC. */
  atMs: number
  /** What was asked for: a generation key in the server, any name in a replayed log. */
  key: string
  scope: string
  /** Which pictures belong together; precision is judged by scope and family. */
  family: string
  session?: string
}

/** Stored results that are no longer answers: `regenerate`, another renderer, expiry. */
export interface Retirement {
  atMs: number
  scope: string
  keys: readonly string[] | 'all'
}

/** What a policy is told, in the order of time. */
export type Observation =
  | ({ type: 'asked' } & UsageEvent)
  | ({ type: 'retired' } & Retirement)
  | ({ type: 'made' } & MadeEvent)

/** A picture that is there now, made by prediction. */
export interface MadeEvent {
  atMs: number
  scope: string
  key: string
}

/** The places where prediction acts on usage; catalogues have schedules and need no prediction. */
export const predictionKinds = ['rewarm', 'sibling', 'new-item'] as const
export type PredictionKind = (typeof predictionKinds)[number]

/** One picture that the policy wants made before it is asked for. */
export interface Decision {
  atMs: number
  kind: PredictionKind
  key: string
  scope: string
  family: string
  /** The estimate that it will be asked for in time; for re-warming the rank alone decides and this is the segment's. */
  probability: number
  /** Why, in words for people. */
  reason: string
  /** Chosen, and deliberately not made, so that the gain can be measured. */
  heldOut: boolean
}

export const dayMs: number = 24 * 60 * 60 * 1000
export const minuteMs: number = 60 * 1000

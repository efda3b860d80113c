import type { Generated } from 'kysely'
import type { NullableTimestamp, Timestamp } from './column-types.ts'

/**
 * One message to one receiver, about the end of one request or carousel. `waiting`: that has not ended. `pending`: to be
 * sent, or sent again. `failed`: every attempt did. `gone`: the receiver wants no more (410).
 */
export interface WebhooksTable {
  /** `msg_…`: what receivers tell repeats by. */
  id: string
  project: string
  scope: string
  /** The request (`req_…`) or the carousel (`car_…`). */
  subject: string
  url: string
  /** Scheme, host and port of the URL: receivers behind one take turns. */
  origin: string
  /** `null`: the project's. */
  secret: string | null
  status: 'waiting' | 'pending' | 'delivered' | 'failed' | 'gone'
  /** The event: `generation.stored`. */
  type: string | null
  /** The record as it was when it ended, in JSON. */
  data: string | null
  happened_at: NullableTimestamp
  /** Attempts since the message was sent off, or sent off again by hand. */
  tries: Generated<number>
  /** All attempts. */
  attempts: Generated<number>
  next_attempt_at: NullableTimestamp
  worker_id: number | null
  /** Fencing token of the attempt under way. */
  lease: string | null
  created_at: Timestamp
  ended_at: NullableTimestamp
}

export interface WebhookAttemptsTable {
  webhook_id: string
  /** From 1. */
  number: number
  at: Timestamp
  duration_ms: number
  /** What the receiver answered, if it did. */
  status: number | null
  /** What went wrong, if there was no answer: a code of `@darkroom/outbound`. */
  code: string | null
  reason: string
}

/** URLs that answered 410: nothing more is sent there until a redelivery succeeds. */
export interface WebhooksGoneTable {
  project: string
  url: string
  since: Timestamp
}

/** The signing secret of a project, and the one before it for as long as it also signs. */
export interface WebhookSecretsTable {
  project: string
  secret: string
  previous: string | null
  previous_until: NullableTimestamp
  created_at: Timestamp
}

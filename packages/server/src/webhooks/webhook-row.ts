import type { Selectable } from 'kysely'
import type { WebhookAttemptsTable, WebhooksTable } from '../database/webhook-schema.ts'

export type WebhookRow = Selectable<WebhooksTable>
export type WebhookAttemptRow = Selectable<WebhookAttemptsTable>
export type WebhookStatus = WebhookRow['status']

/** A message that is to be sent: it says something. */
export interface PendingWebhook extends WebhookRow {
  type: string
  data: string
  happened_at: Date
}

/** The columns of a message that is to be sent at that time, with a whole schedule before it. */
export function pendingValues(at: Date): {
  status: 'pending'
  tries: 0
  next_attempt_at: Date
  ended_at: null
} {
  return { status: 'pending', tries: 0, next_attempt_at: at, ended_at: null }
}

import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { newWebhookSecret } from './signature.ts'

/** For how long a replaced secret still signs beside the new one. */
const overlapMs = 24 * 3_600_000

/** The signing secret of a project. */
export interface WebhookSecret {
  secret: string
  createdAt: Date
  /** The one before it also signs until then. */
  previousUntil: Date | undefined
}

/** The secrets of projects: made when first needed, one for all processes. */
export interface WebhookSecrets {
  read(project: string): Promise<WebhookSecret>
  /** Replaces it; the old one also signs for another day. */
  rotate(project: string): Promise<WebhookSecret>
  /** What messages are signed with now, the newest first. */
  signing(project: string): Promise<string[]>
}

export function createWebhookSecrets(options: {
  database: Kysely<Schema>
  now: () => number
}): WebhookSecrets {
  const { database, now } = options

  async function row(project: string): Promise<SecretRow> {
    await database
      .insertInto('webhook_secrets')
      .values({ project, secret: newWebhookSecret(), created_at: new Date(now()) })
      .onConflict((conflict) => conflict.column('project').doNothing())
      .execute()
    return await database
      .selectFrom('webhook_secrets')
      .selectAll()
      .where('project', '=', project)
      .executeTakeFirstOrThrow()
  }

  return {
    read: async (project) => secretOf(await row(project), now()),
    rotate: async (project) => {
      await row(project)
      const rotated = await database
        .updateTable('webhook_secrets')
        .set({
          // Of the row as it is, not as it was read: two rotations at once keep the one between them.
          previous: sql.ref('secret'),
          previous_until: new Date(now() + overlapMs),
          secret: newWebhookSecret(),
          created_at: new Date(now()),
        })
        .where('project', '=', project)
        .returningAll()
        .executeTakeFirstOrThrow()
      return secretOf(rotated, now())
    },
    signing: async (project) => {
      const { secret, previous, previous_until: until } = await row(project)
      const both = previous !== null && until !== null && until.getTime() > now()
      return both ? [secret, previous] : [secret]
    },
  }
}

interface SecretRow {
  secret: string
  previous: string | null
  previous_until: Date | null
  created_at: Date
}

function secretOf(row: SecretRow, now: number): WebhookSecret {
  const until = row.previous_until
  return {
    secret: row.secret,
    createdAt: row.created_at,
    previousUntil: until !== null && until.getTime() > now ? until : undefined,
  }
}

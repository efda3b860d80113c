import type { Kysely, Selectable, Transaction } from 'kysely'
import type { AccessKeysTable } from '../database/access-schema.ts'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import { recordAct } from './audit.ts'
import type { KeyKind } from './key-token.ts'
import { hashToken, newKeyId, newSecret, signingSecret, tokenText } from './key-token.ts'
import type { Right } from './rights.ts'

/** A row of the table of keys. */
export type KeyRow = Selectable<AccessKeysTable>

/** What a new key is to be. */
export interface NewKey {
  kind: KeyKind
  project: string
  name: string
  /** Of API keys; signing keys sign reading and generating, whatever stands here. */
  rights: readonly Right[]
  scopes: readonly string[] | undefined
  expiresAt: Date | undefined
  /** Requests a minute, instead of the configuration's. */
  ratePerMinute: number | undefined
}

/** A key that was just made: the only time that its text is there to be shown. */
export interface MadeKey {
  row: KeyRow
  token: string
}

/** Making, listing and ending keys. */
export interface Keys {
  create(key: NewKey, actor: string): Promise<MadeKey>
  list(project: string | undefined): Promise<KeyRow[]>
  /** @throws DarkroomError not_found; revoking twice is no error */
  revoke(id: string, actor: string): Promise<KeyRow>
  /**
   * Makes a key like another, which ends after the grace.
   * @throws DarkroomError not_found, forbidden (it is revoked, has expired or was rotated before)
   */
  rotate(id: string, graceMs: number, actor: string): Promise<MadeKey>
  /** How many keys can be used now, by kind. */
  countUsable(): Promise<{ api: number; signing: number }>
}

export interface KeysOptions {
  database: Kysely<Schema>
  /** Makes the server's secret when the first key is made. */
  secret: () => Promise<Uint8Array>
  now: () => number
  /** Tells this process and all others that what they know of keys is old. */
  changed: () => Promise<void>
}

export function createKeys(options: KeysOptions): Keys {
  const { database, now, changed } = options
  return {
    create: async (key, actor) => {
      const secret = await options.secret()
      const made = await database.transaction().execute(async (transaction) => {
        const inserted = await insertKey(transaction, secret, key, now())
        await recordAct(transaction, actOf('key.create', inserted.row, actor))
        return inserted
      })
      await changed()
      return made
    },
    list: async (project) => {
      let query = database.selectFrom('access_keys').selectAll().orderBy('created_at', 'desc').orderBy('id')
      if (project !== undefined) query = query.where('project', '=', project)
      return await query.execute()
    },
    revoke: async (id, actor) => {
      const row = await database.transaction().execute(async (transaction) => {
        const found = await lockKey(transaction, id)
        if (found.revoked_at !== null) return found
        const revokedAt = new Date(now())
        await transaction
          .updateTable('access_keys')
          .set({ revoked_at: revokedAt })
          .where('id', '=', id)
          .execute()
        await recordAct(transaction, actOf('key.revoke', found, actor))
        return { ...found, revoked_at: revokedAt }
      })
      // Also when it was revoked before: who was told of a failure asks again until every process has heard.
      await changed()
      return row
    },
    rotate: async (id, graceMs, actor) => {
      const secret = await options.secret()
      const made = await database
        .transaction()
        .execute((transaction) => rotateKey(transaction, { id, secret, now: now(), graceMs, actor }))
      await changed()
      return made
    },
    countUsable: async () => {
      const rows = await database
        .selectFrom('access_keys')
        .selectAll()
        .where('revoked_at', 'is', null)
        .execute()
      const usable = rows.filter((row) => isUsable(row, now()))
      const api = usable.filter((row) => row.kind === 'api').length
      return { api, signing: usable.length - api }
    },
  }
}

/** Neither revoked nor expired. `now` in milliseconds. */
export function isUsable(row: Pick<KeyRow, 'revoked_at' | 'expires_at'>, now: number): boolean {
  return row.revoked_at === null && (row.expires_at === null || row.expires_at.getTime() > now)
}

async function insertKey(
  transaction: Transaction<Schema>,
  serverSecret: Uint8Array,
  key: NewKey,
  now: number,
): Promise<MadeKey> {
  const id = newKeyId()
  const secret = key.kind === 'api' ? newSecret() : signingSecret(serverSecret, id)
  const token = { kind: key.kind, id, secret }
  const row = await transaction
    .insertInto('access_keys')
    .values({
      id,
      kind: key.kind,
      project: key.project,
      name: key.name,
      rights: key.kind === 'api' ? [...key.rights] : ['read', 'generate'],
      scopes: key.scopes === undefined ? null : [...key.scopes],
      hash: key.kind === 'api' ? hashToken(serverSecret, token) : null,
      rate_per_minute: key.ratePerMinute ?? null,
      created_at: new Date(now),
      expires_at: key.expiresAt ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return { row, token: tokenText(token) }
}

async function rotateKey(
  transaction: Transaction<Schema>,
  ask: { id: string; secret: Uint8Array; now: number; graceMs: number; actor: string },
): Promise<MadeKey> {
  const old = await lockKey(transaction, ask.id)
  if (!isUsable(old, ask.now)) {
    throw new DarkroomError('forbidden', 'This key is revoked or has expired; make a new one.')
  }
  if (old.replaced_by !== null) {
    throw new DarkroomError('forbidden', `This key was rotated before: rotate ${old.replaced_by} instead.`)
  }
  const made = await insertKey(
    transaction,
    ask.secret,
    {
      kind: old.kind,
      project: old.project,
      name: old.name,
      rights: old.rights as Right[],
      scopes: old.scopes ?? undefined,
      // As long as the old one was given, from now on.
      expiresAt:
        old.expires_at === null
          ? undefined
          : new Date(ask.now + old.expires_at.getTime() - old.created_at.getTime()),
      ratePerMinute: old.rate_per_minute ?? undefined,
    },
    ask.now,
  )
  const endsAt = ask.now + ask.graceMs
  const ends = old.expires_at === null ? endsAt : Math.min(old.expires_at.getTime(), endsAt)
  await transaction
    .updateTable('access_keys')
    .set({ expires_at: new Date(ends), replaced_by: made.row.id })
    .where('id', '=', ask.id)
    .execute()
  await recordAct(transaction, {
    ...actOf('key.rotate', old, ask.actor),
    facts: { replacedBy: made.row.id, endsAt: new Date(ends).toISOString() },
  })
  return made
}

async function lockKey(transaction: Transaction<Schema>, id: string): Promise<KeyRow> {
  // What has not the form of an id may have bytes that the database refuses.
  const row = /^[a-z2-7]{12}$/u.test(id)
    ? await transaction
        .selectFrom('access_keys')
        .selectAll()
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst()
    : undefined
  if (row === undefined)
    throw new DarkroomError('not_found', 'There is no such key; its id has 12 characters.')
  return row
}

function actOf(act: 'key.create' | 'key.revoke' | 'key.rotate', row: KeyRow, actor: string) {
  return {
    actor,
    act,
    project: row.project,
    subject: row.id,
    facts: { kind: row.kind, name: row.name, rights: row.rights, scopes: row.scopes },
  } as const
}

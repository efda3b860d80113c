import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { KeyUse } from './key-use.ts'
import type { KeyRow } from './keys.ts'
import { isUsable } from './keys.ts'
import { equalHashes, hashToken, parseToken } from './key-token.ts'
import { createRowMemo } from './row-memo.ts'

/** Finds and proves keys. What it knows is kept in memory, and forgotten when any process changes a key. */
export interface KeyCheck {
  /**
   * The row of the API key that a request shows; `undefined`: it shows none.
   * @throws DarkroomError invalid_key
   */
  ofRequest(request: Request): Promise<KeyRow | undefined>
  /** The row of a signing key that can be used now. */
  signingKey(id: string): Promise<KeyRow | undefined>
  clear(): void
}

export function createKeyCheck(options: {
  database: Kysely<Schema>
  secret: Uint8Array
  use: KeyUse
  now: () => number
}): KeyCheck {
  const { database, secret, use, now } = options
  const rows = createRowMemo<KeyRow>({ kind: 'access-key', maxRows: 10_000 })
  const usable = async (id: string, kind: KeyRow['kind']): Promise<KeyRow | undefined> => {
    let row: KeyRow
    try {
      row = await rows.get(id, () => readKey(database, id))
    } catch (error) {
      if (error instanceof UnknownKey) return undefined
      throw error
    }
    return row.kind === kind && isUsable(row, now()) ? row : undefined
  }
  return {
    ofRequest: async (request) => {
      const text = shownKey(request)
      if (text === undefined) return undefined
      const token = parseToken(text)
      if (token?.kind !== 'api') throw invalidKey(token?.kind === 'signing')
      const row = await usable(token.id, 'api')
      // One sentence for every reason: which of them it was is nobody's business but the owner's.
      const hash = row?.hash ?? undefined
      if (row === undefined || hash === undefined || !equalHashes(hashToken(secret, token), hash))
        throw invalidKey(false)
      use.note(row.id)
      return row
    },
    signingKey: async (id) => {
      const row = await usable(id, 'signing')
      if (row !== undefined) use.note(row.id)
      return row
    },
    clear: () => rows.clear(),
  }
}

/** Not kept, so that made-up ids cannot push real keys out of the memory. */
class UnknownKey extends Error {
  override readonly name = 'UnknownKey'
}

async function readKey(database: Kysely<Schema>, id: string): Promise<KeyRow> {
  const row = await database.selectFrom('access_keys').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new UnknownKey()
  return row
}

/** @throws DarkroomError invalid_key: two different ones, of which we and a proxy could pick different ones */
function shownKey(request: Request): string | undefined {
  const authorization = request.headers.get('authorization')
  const own = request.headers.get('x-api-key')?.trim()
  if (authorization === null) return own
  const [, bearer] = /^Bearer +(\S+) *$/iu.exec(authorization) ?? []
  if (bearer === undefined) {
    throw new DarkroomError('invalid_key', 'Authorization must be Bearer and a key, once.', challenge)
  }
  if (own !== undefined && own !== bearer) {
    throw new DarkroomError('invalid_key', 'Authorization and X-API-Key show two keys; send one.', challenge)
  }
  return bearer
}

function invalidKey(isSigningKey: boolean): DarkroomError {
  return new DarkroomError(
    'invalid_key',
    isSigningKey
      ? 'This is a signing key: it signs URLs, and is never sent. Treat it as leaked, and rotate it.'
      : 'This key is not known here, or it was revoked or has expired; darkroom keys create makes a new one.',
    challenge,
  )
}

const challenge = {
  headers: { 'www-authenticate': 'Bearer realm="darkroom", error="invalid_token"' },
} as const

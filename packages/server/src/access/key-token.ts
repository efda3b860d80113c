import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** `api`: sent with requests. `signing`: signs URLs and is never sent. */
export type KeyKind = 'api' | 'signing'

/**
 * What a key looks like when it is shown: `dk_` (API) or `dks_` (signing), the id, and 256 bits as base64url.
 * The prefix lets scanners of leaked secrets find it, the id lets us find its row without searching by a secret.
 */
const tokenForm = /^(dks?)_([a-z2-7]{12})_([A-Za-z0-9_-]{43})$/u

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

export interface KeyToken {
  kind: KeyKind
  id: string
  /** The part after the id: what signing keys sign with, as the text that it is. */
  secret: string
}

/** A new id: 60 random bits, no secret. */
export function newKeyId(): string {
  // 32 letters: the low five bits of a byte choose one without preference.
  return [...randomBytes(12)].map((byte) => alphabet[byte & 31]).join('')
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

export function tokenText({ kind, id, secret }: KeyToken): string {
  return `${kind === 'api' ? 'dk' : 'dks'}_${id}_${secret}`
}

/** `undefined`: no key of ours. */
export function parseToken(text: string): KeyToken | undefined {
  const [, prefix, id, secret] = tokenForm.exec(text) ?? []
  if (prefix === undefined || id === undefined || secret === undefined) return undefined
  return { kind: prefix === 'dk' ? 'api' : 'signing', id, secret }
}

/**
 * What the database keeps of an API key: HMAC-SHA256 under the server's secret.
 *
 * A fast hash is right here, where it would be wrong for passwords: bcrypt and its like make guessing slow, and a
 * secret of 256 random bits cannot be guessed at any speed. They would only make each request cost 100 ms, and every
 * wrong key a way to keep our processors busy. The server's secret makes a copy of the table useless by itself.
 */
export function hashToken(serverSecret: Uint8Array, token: KeyToken): Buffer {
  return createHmac('sha256', serverSecret).update(`api-key\n${token.id}\n${token.secret}`).digest()
}

/** Compares in a time that does not depend on where the two differ. */
export function equalHashes(one: Uint8Array, other: Uint8Array): boolean {
  // Lengths are no secret: both are SHA-256 unless the row is damaged.
  return one.byteLength === other.byteLength && timingSafeEqual(one, other)
}

/**
 * The secret of a signing key. It is not stored anywhere: whoever has the server's secret and the id can compute it,
 * and the database alone can not. So no reader of the database, a worker for one, can sign.
 */
export function signingSecret(serverSecret: Uint8Array, id: string): string {
  return createHmac('sha256', serverSecret).update(`signing-key\n${id}`).digest('base64url')
}

import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  equalHashes,
  hashToken,
  newKeyId,
  newSecret,
  parseToken,
  signingSecret,
  tokenText,
} from './key-token.ts'

const server = randomBytes(32)

describe('the text of a key', () => {
  test.each(['api', 'signing'] as const)('of kind %s is read as it was written', (kind) => {
    const token = { kind, id: newKeyId(), secret: newSecret() }
    expect(parseToken(tokenText(token))).toEqual(token)
  })

  const good = tokenText({ kind: 'api', id: 'abcdefghijkl', secret: 'A'.repeat(43) })
  test.each([
    '',
    'dk_',
    good.slice(0, -1),
    `${good}A`,
    `${good}\n`,
    ` ${good}`,
    good.toUpperCase(),
    good.replace('dk_', 'sk_'),
    good.replace('abcdefghijkl', 'abcdefghijk1'),
    good.replace('A', '='),
  ])('%j is none', (text) => expect(parseToken(text)).toBeUndefined())

  test('has 256 random bits, and never the same', () => {
    const secrets = Array.from({ length: 1000 }, newSecret)
    expect(new Set(secrets).size).toBe(1000)
    expect(Buffer.from(secrets[0] ?? '', 'base64url')).toHaveLength(32)
    expect(new Set(Array.from({ length: 1000 }, newKeyId)).size).toBe(1000)
  })
})

describe('what the database keeps', () => {
  const token = { kind: 'api' as const, id: newKeyId(), secret: newSecret() }

  test('fits this key under this secret alone', () => {
    const hash = hashToken(server, token)
    expect(equalHashes(hash, hashToken(server, token))).toBe(true)
    expect(equalHashes(hash, hashToken(randomBytes(32), token))).toBe(false)
    expect(equalHashes(hash, hashToken(server, { ...token, secret: newSecret() }))).toBe(false)
    expect(equalHashes(hash, hashToken(server, { ...token, id: newKeyId() }))).toBe(false)
    expect(equalHashes(hash, hash.subarray(1))).toBe(false)
    expect(equalHashes(hash, Buffer.alloc(0))).toBe(false)
  })

  test('of a signing key is nothing: its secret comes from the server’s', () => {
    expect(signingSecret(server, 'abcdefghijkl')).toMatch(/^[\w-]{43}$/u)
    expect(signingSecret(server, 'abcdefghijkl')).toBe(signingSecret(server, 'abcdefghijkl'))
    expect(signingSecret(server, 'abcdefghijkm')).not.toBe(signingSecret(server, 'abcdefghijkl'))
    expect(signingSecret(randomBytes(32), 'abcdefghijkl')).not.toBe(signingSecret(server, 'abcdefghijkl'))
  })
})

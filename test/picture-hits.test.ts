import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { signUrl } from '@darkroom/server'
import { parseToken } from '../packages/server/src/access/key-token.ts'
import type { AccessPlatform } from './support/access-platform.ts'
import { startAccessPlatform } from './support/access-platform.ts'
import { bodyHash } from './support/server-process.ts'

/** A picture in the edge's memory is served without a look at anything else: every check must come before. */
const clock = { now: Date.now() }
let access: AccessPlatform
let key: string
let prompts = 0

beforeAll(async () => {
  access = await startAccessPlatform({}, () => clock.now)
  key = await access.makeKey({ project: 'shop', rights: ['read', 'generate'] })
})

afterAll(() => access.close())

let path: string

/** A picture of the project `shop` that is a hit for its key. */
beforeEach(async () => {
  path = `/live/hits?prompt=in+memory+${(prompts += 1)}&size=64x64&format=png`
  expect((await access.ask(key, path)).headers.get('x-cache-status')).toBe('MISS')
  expect((await access.ask(key, path)).headers.get('x-cache-status')).toBe('HIT')
})

/** For a minute. */
function sign(address: string, signing: string): string {
  const token = parseToken(signing)
  if (token === undefined) throw new Error('no key')
  return signUrl(address, token, clock.now / 1000 + 60)
}

async function refusalOf(response: Response): Promise<string> {
  expect(response.headers.get('x-cache-status')).not.toBe('HIT')
  return `${response.status} ${((await response.json()) as { code: string }).code}`
}

async function revoke(token: string): Promise<void> {
  const answer = await access.ask(access.admin, `/v1/keys/${parseToken(token)?.id}`, { method: 'DELETE' })
  expect(answer.status).toBeLessThan(300)
}

describe('a picture in memory', () => {
  test('is shown to nobody without a key or a signature', async () => {
    expect(await refusalOf(await access.ask(undefined, path))).toBe('401 unauthorized')
  })

  test('is not shown for a signature that has expired meanwhile', async () => {
    const signing = await access.makeKey({ kind: 'signing', project: 'shop' })
    const signed = sign(path, signing)
    expect((await access.ask(undefined, signed)).headers.get('x-cache-status')).toBe('HIT')
    clock.now += 61_000
    expect(await refusalOf(await access.ask(undefined, signed))).toBe('403 signature_expired')
    expect((await access.ask(key, path)).headers.get('x-cache-status')).toBe('HIT')
  })

  test('is not shown for a signature of another URL, nor for one whose key was revoked', async () => {
    const signing = await access.makeKey({ kind: 'signing', project: 'shop' })
    const signed = sign(path, signing)
    const other = sign('/live/hits?prompt=another', signing)
    const stolen = `${path}&${new URL(other, 'http://x').search.slice(1).replace(/^prompt=another&/u, '')}`
    expect(await refusalOf(await access.ask(undefined, stolen))).toBe('403 bad_signature')
    expect((await access.ask(undefined, signed)).headers.get('x-cache-status')).toBe('HIT')
    await revoke(signing)
    expect(await refusalOf(await access.ask(undefined, signed))).toBe('403 bad_signature')
  })

  test('is not shown to a key that was revoked, or that may not read, or not there', async () => {
    const reader = await access.makeKey({ project: 'shop', rights: ['read'] })
    expect((await access.ask(reader, path)).headers.get('x-cache-status')).toBe('HIT')
    await revoke(reader)
    expect(await refusalOf(await access.ask(reader, path))).toBe('401 invalid_key')
    const purger = await access.makeKey({ project: 'shop', rights: ['purge'] })
    expect(await refusalOf(await access.ask(purger, path))).toBe('403 forbidden')
    const elsewhere = await access.makeKey({ project: 'shop', rights: ['read'], scopes: ['other'] })
    expect(await refusalOf(await access.ask(elsewhere, path))).toBe('403 forbidden')
  })

  test('is no picture of another project, which may not make it either', async () => {
    const rival = await access.makeKey({ project: 'rival', rights: ['read'] })
    expect(await refusalOf(await access.ask(rival, path))).toBe('403 forbidden')
  })

  test('of a scope that has become private is from then on for no shared cache', async () => {
    const name = `closing-${prompts}`
    const there = path.replace('/live/hits', `/live/${name}`)
    const signing = await access.makeKey({ kind: 'signing', project: 'shop' })
    const signed = sign(there, signing)
    await access.ask(undefined, signed)
    const open = await access.ask(undefined, signed)
    expect([open.headers.get('x-cache-status'), open.headers.get('cdn-cache-control')]).toEqual([
      'HIT',
      expect.stringMatching(/^public/u),
    ])
    await access.setScope({ project: 'shop', name, visibility: 'private' })
    const closed = await access.ask(undefined, signed)
    expect([closed.headers.get('x-cache-status'), closed.headers.get('cdn-cache-control')]).toEqual([
      'HIT',
      null,
    ])
  })

  test('is the same answer however the edge was asked for it', async () => {
    const plain = await access.ask(key, path)
    // A condition that does not hold, and a wish that is met already, take the long way.
    for (const headers of [{ 'if-none-match': '"other"' }, { 'cache-control': 'max-age=600' }]) {
      const asked = await access.ask(key, path, { headers })
      const [fields, expected] = [asked, plain].map((response) =>
        Object.fromEntries(
          [...response.headers].filter(([name]) => !['x-request-id', 'server-timing'].includes(name)),
        ),
      )
      expect(fields).toEqual(expected)
      expect(await bodyHash(asked)).toBe(await bodyHash(await access.ask(key, path)))
    }
    const known = await access.ask(key, path, {
      headers: { 'if-none-match': plain.headers.get('etag') ?? '' },
    })
    expect(known.status).toBe(304)
    const part = await access.ask(key, path, { headers: { range: 'bytes=0-9' } })
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 10])
    const head = await access.ask(key, path, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([
      200,
      plain.headers.get('content-length'),
    ])
  })
})

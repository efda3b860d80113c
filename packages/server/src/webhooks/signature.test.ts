import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { isWebhookSecret } from '../request/webhook-field.ts'
import { newWebhookSecret, webhookHeaders } from './signature.ts'

describe('signatures', () => {
  test('are what the specification’s own library makes and takes', () => {
    const secret = newWebhookSecret()
    const timestampS = Math.floor(Date.now() / 1000)
    for (const body of ['{}', '{"ä":"🖼"}', '']) {
      const headers = webhookHeaders({ id: 'msg_1', timestampS, body }, [secret])
      expect(headers['webhook-signature']).toBe(
        new Webhook(secret).sign('msg_1', new Date(timestampS * 1000), body),
      )
      if (body !== '') expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
    }
  })

  test('there is one a secret', () => {
    const secrets = [newWebhookSecret(), newWebhookSecret()]
    const timestampS = Math.floor(Date.now() / 1000)
    const headers = webhookHeaders({ id: 'msg_1', timestampS, body: '{}' }, secrets)
    for (const secret of secrets) expect(new Webhook(secret).verify('{}', headers)).toEqual({})
    expect(() => new Webhook(newWebhookSecret()).verify('{}', headers)).toThrow(/No matching/u)
  })
})

test('a secret is whsec_ and 24 to 64 bytes', () => {
  const of = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`
  expect([23, 24, 64, 65].map((bytes) => isWebhookSecret(of(bytes)))).toEqual([false, true, true, false])
  expect(isWebhookSecret(newWebhookSecret())).toBe(true)
  expect(isWebhookSecret(of(24).slice(6))).toBe(false)
  // Not in its one normal form: two texts would be one secret.
  expect(isWebhookSecret(`whsec_${Buffer.alloc(25, 255).toString('base64').replace('=', '')}`)).toBe(false)
})

import { createOutbound } from '@darkroom/outbound'
import { describe, expect, test } from 'vitest'
import { attempt, webhookBody } from './attempt.ts'
import type { PendingWebhook } from './webhook-row.ts'

const webhook: PendingWebhook = {
  id: 'msg_1',
  project: 'default',
  scope: 'demo',
  subject: 'req_1',
  url: 'https://shop.example.org/hook',
  origin: 'https://shop.example.org',
  secret: null,
  status: 'pending',
  type: 'generation.stored',
  data: '{"url":"/images/img_1","base":{"url":"https://photos.example/a.jpg"},"prompt":"/a"}',
  happened_at: new Date(0),
  tries: 0,
  attempts: 0,
  next_attempt_at: new Date(0),
  worker_id: null,
  lease: null,
  created_at: new Date(0),
  ended_at: null,
}

describe('one attempt', () => {
  test.each([
    ['https://shop.example.org/hook', 'ADDRESS_FORBIDDEN', 'failed'],
    ['http://10.0.0.1/hook', 'ADDRESS_FORBIDDEN', 'failed'],
    ['http://minio/hook', 'HOST_FORBIDDEN', 'hopeless'],
    ['https://a:b@shop.example.org/hook', 'URL_CREDENTIALS', 'hopeless'],
  ])('%s, whose name leads to a private address: %s', async (url, code, outcome) => {
    await using outbound = createOutbound({ resolve: async () => ['10.0.0.1'] })
    const context = { outbound, secretsOf: async () => [], publicUrl: undefined, now: () => 0 }
    expect(await attempt({ ...webhook, url }, context, new AbortController().signal)).toMatchObject({
      outcome,
      status: undefined,
      code,
    })
  })

  test('is none when this side is closing', async () => {
    const outbound = createOutbound()
    await outbound.close()
    const context = { outbound, secretsOf: async () => [], publicUrl: undefined, now: () => 0 }
    expect(await attempt(webhook, context, new AbortController().signal)).toBe(undefined)
  })
})

test('our paths become URLs in the body, and nothing else changes', () => {
  expect(JSON.parse(webhookBody(webhook, 'https://darkroom.example'))).toEqual({
    type: 'generation.stored',
    timestamp: '1970-01-01T00:00:00.000Z',
    data: {
      url: 'https://darkroom.example/images/img_1',
      base: { url: 'https://photos.example/a.jpg' },
      prompt: '/a',
    },
  })
})

import { createHash, createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { signerOf } from './aws-signer.ts'

const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG', sessionToken: undefined }
const url = 'https://cloudfront.amazonaws.com/2020-05-31/distribution/E1/invalidation'
const at = Date.UTC(2026, 10, 21, 12, 30, 15)
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (by: string | Buffer, text: string): Buffer => createHmac('sha256', by).update(text).digest()

test('a request is signed as AWS documents it, worked out by hand', async () => {
  const body = '<InvalidationBatch/>'
  const headers = await signerOf(
    key,
    () => at,
  )({
    method: 'POST',
    url,
    headers: { 'content-type': 'text/xml' },
    body,
  })
  expect(headers['x-amz-date']).toBe('20261121T123015Z')
  const [, signed = '', signature = ''] =
    /SignedHeaders=(\S+), Signature=(\w+)$/u.exec(headers['authorization'] ?? '') ?? []
  const values: Record<string, string> = { ...headers, host: 'cloudfront.amazonaws.com' }
  const canonical = [
    'POST',
    '/2020-05-31/distribution/E1/invalidation',
    '',
    ...signed.split(';').map((name) => `${name}:${values[name]}`),
    '',
    signed,
    sha256(body),
  ].join('\n')
  const scope = '20261121/us-east-1/cloudfront/aws4_request'
  const toSign = ['AWS4-HMAC-SHA256', '20261121T123015Z', scope, sha256(canonical)].join('\n')
  const signing = ['20261121', 'us-east-1', 'cloudfront', 'aws4_request'].reduce<string | Buffer>(
    (by, part) => hmac(by, part),
    `AWS4${key.secretAccessKey}`,
  )
  expect(signed.split(';')).toEqual(expect.arrayContaining(['host', 'x-amz-date', 'content-type']))
  expect(signature).toBe(hmac(signing, toSign).toString('hex'))
  expect(JSON.stringify(headers)).not.toContain(key.secretAccessKey)
})

test('the token of a temporary key goes along', async () => {
  const sign = signerOf({ ...key, sessionToken: 'temporary' }, () => at)
  expect(await sign({ method: 'POST', url, headers: {}, body: '' })).toMatchObject({
    'x-amz-security-token': 'temporary',
  })
})

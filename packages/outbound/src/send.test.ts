import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { loopbackOutbound } from './testing/loopback-outbound.ts'
import { codeOf } from './testing/outbound-errors.ts'
import { startOrigin } from './testing/test-origin.ts'

test('posts the body and says what came back', async () => {
  const bodies: string[] = []
  await using origin = await startOrigin((request, response) => {
    void text(request).then((body) => {
      bodies.push(body)
      response.writeHead(503, { 'Retry-After': '3' }).end('later')
    })
  })
  await using outbound = loopbackOutbound()
  const message = { body: '{"ä":1}', headers: { 'X-Signature': 'abc' } }
  expect(await outbound.send(`${origin.url}/hook`, message)).toEqual({ status: 503, retryAfterMs: 3000 })
  expect(bodies).toEqual(['{"ä":1}'])
  expect(origin.requests).toEqual(['POST /hook'])
  expect(origin.headers[0]).toMatchObject({
    'content-type': 'application/json',
    'content-length': '8',
    'x-signature': 'abc',
    host: `127.0.0.1:${origin.port}`,
  })
})

test('is never shared and never redirected', async () => {
  await using origin = await startOrigin((_request, response) => {
    response.writeHead(307, { Location: '/elsewhere' }).end()
  })
  await using outbound = loopbackOutbound()
  const receipts = await Promise.all([1, 2].map(async () => outbound.send(origin.url, { body: '{}' })))
  expect(receipts.map(({ status }) => status)).toEqual([307, 307])
  expect(origin.requests).toEqual(['POST /', 'POST /'])
})

test('an endless answer does not matter: the status has been said', async () => {
  await using origin = await startOrigin((_request, response) => {
    response.writeHead(200)
    const pump = (): void => {
      while (response.write(Buffer.alloc(16 * 1024))) continue
    }
    response.on('drain', pump)
    pump()
  })
  await using outbound = loopbackOutbound()
  expect((await outbound.send(origin.url, { body: '{}' })).status).toBe(200)
})

test('its caller can give up', async () => {
  const controller = new AbortController()
  await using origin = await startOrigin(() => controller.abort(new Error('enough')))
  await using outbound = loopbackOutbound()
  const sent = outbound.send(origin.url, { body: '{}', signal: controller.signal })
  await expect(sent).rejects.toThrow('enough')
})

test.each(['Host', 'content-length', 'Transfer-Encoding', 'CONNECTION'])(
  '%s is not the caller’s',
  async (name) => {
    await using origin = await startOrigin((_request, response) => response.end())
    await using outbound = loopbackOutbound()
    await expect(outbound.send(origin.url, { body: '', headers: { [name]: 'x' } })).rejects.toThrow(
      RangeError,
    )
    expect(origin.connections).toBe(0)
  },
)

test('a header that would end the header is refused', async () => {
  await using origin = await startOrigin((_request, response) => response.end())
  await using outbound = loopbackOutbound()
  const sent = outbound.send(origin.url, { body: '', headers: { 'X-A': 'b\r\nHost: c' } })
  await expect(sent).rejects.toThrow(/Invalid character/u)
  expect(origin.requests).toEqual([])
})

test('private addresses are refused here too', async () => {
  await using outbound = loopbackOutbound()
  expect(await codeOf(outbound.send('http://10.0.0.1/', { body: '' }))).toBe('ADDRESS_FORBIDDEN')
})

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { selfSigned } from './testing/self-signed.ts'
import { sendPicture, startOrigin } from './testing/test-origin.ts'

const run = promisify(execFile)
const index = join(import.meta.dirname, 'index.ts')

/** Fetches in a process of its own, under an environment that would lead elsewhere. Prints the code or `fetched`. */
const script = `
  const { createOutbound } = await import(process.argv[1])
  const outbound = createOutbound({ allow: ['127.0.0.1'], resolve: async () => ['127.0.0.1'] })
  console.log(await outbound.fetch(process.argv[2]).then(() => 'fetched', (error) => error.code))
  await outbound.close()`

async function fetchIn(env: NodeJS.ProcessEnv, url: string, ...flags: string[]): Promise<string> {
  const { stdout } = await run(
    process.execPath,
    [...flags, '--input-type=module', '-e', script, index, url],
    {
      env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', ...env },
    },
  )
  return stdout.trim()
}

test('proxies of the environment are not used', async () => {
  await using proxy = await startOrigin((_request, response) => sendPicture(response))
  await using origin = await startOrigin((_request, response) => sendPicture(response))
  const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url, http_proxy: proxy.url, ALL_PROXY: proxy.url }
  expect(await fetchIn(env, `http://some.proxy-tests.com:${origin.port}/`)).toBe('fetched')
  expect([proxy.connections, origin.connections]).toEqual([0, 1])
})

test('certificates are verified whatever the environment says', async () => {
  const tls = selfSigned('some.tls-tests.com')
  await using origin = await startOrigin((_request, response) => sendPicture(response), { tls })
  const url = `https://some.tls-tests.com:${origin.port}/`
  expect(await fetchIn({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, url)).toBe('TLS_FAILED')
  expect(origin.requests).toEqual([])
})

test('the parser is strict whatever the flags say', async () => {
  await using origin = await startOrigin((_request, response) => {
    response.socket?.end(
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    )
  })
  expect(await fetchIn({}, origin.url, '--insecure-http-parser')).toBe('RESPONSE_INVALID')
})

import { Resolver } from 'node:dns'
import { expect, test } from 'vitest'
import { createDnsResolve } from './connect/resolve.ts'
import { createOutbound } from './outbound.ts'
import type { DnsQuestion } from './testing/dns-server.ts'
import { startDnsServer } from './testing/dns-server.ts'
import { codeOf, outboundErrorOf } from './testing/outbound-errors.ts'
import { sendPicture, startOrigin } from './testing/test-origin.ts'

/**
 * 127.0.0.2 plays the public internet: it alone is allowed. 127.0.0.1 is what an attacker wants to reach: the same
 * port is open there.
 */
const publicAddress = '127.0.0.2'
const name = 'rebind.attacker-tests.com'

/** Answers IPv4 questions with the given addresses in turn, the last one for ever. */
function inTurn(...answers: readonly (readonly string[])[]): (question: DnsQuestion) => readonly string[] {
  let turn = 0
  return ({ type }) => {
    if (type !== 'A') return []
    const answer = answers[Math.min(turn, answers.length - 1)] ?? []
    turn += 1
    return answer
  }
}

async function startWorld(answer: Parameters<typeof startDnsServer>[0], timeoutMs = 4000) {
  const dns = await startDnsServer(answer)
  const world = await startOrigin(
    (request, response) => {
      if (request.url === '/again')
        response.writeHead(302, { Location: `http://${name}:${world.port}/` }).end()
      else sendPicture(response, 'public')
    },
    { host: publicAddress },
  )
  const inside = await startOrigin((_request, response) => sendPicture(response, 'secret'), {
    port: world.port,
  })
  const outbound = createOutbound({
    allow: [publicAddress],
    resolve: createDnsResolve({ servers: [dns.address], timeoutMs, tries: 1 }),
  })
  return {
    dns,
    world,
    inside,
    outbound,
    [Symbol.asyncDispose]: async () => {
      await outbound.close()
      await Promise.all([dns, world, inside].map(async (one) => one[Symbol.asyncDispose]()))
    },
  }
}

test('the address that was checked is the one that is connected to', async () => {
  await using it = await startWorld(inTurn([publicAddress], ['127.0.0.1']))
  const { value } = await it.outbound.fetch(`http://${name}:${it.world.port}/`)
  expect(new TextDecoder().decode(value.bytes)).toBe('public')
  // Asked once: a second question would have been answered with the address inside.
  expect(it.dns.questions.map(({ type }) => type).toSorted()).toEqual(['A', 'AAAA'])
  expect(it.world.headers[0]?.host).toBe(`${name}:${it.world.port}`)
  expect(await codeOf(it.outbound.fetch(`http://${name}:${it.world.port}/`))).toBe('ADDRESS_FORBIDDEN')
  expect(it.inside.connections).toBe(0)
})

test('the server does rebind: whoever asks twice gets inside', async () => {
  await using it = await startWorld(inTurn([publicAddress], ['127.0.0.1']))
  const resolver = new Resolver()
  resolver.setServers([it.dns.address])
  const ask = async (): Promise<string[]> =>
    new Promise((resolve, reject) => {
      resolver.resolve4(name, (error, addresses) => (error === null ? resolve(addresses) : reject(error)))
    })
  expect([await ask(), await ask()]).toEqual([[publicAddress], ['127.0.0.1']])
})

test('a redirect to the same name is checked anew', async () => {
  await using it = await startWorld(inTurn([publicAddress], ['127.0.0.1']))
  expect(await codeOf(it.outbound.fetch(`http://${name}:${it.world.port}/again`))).toBe('ADDRESS_FORBIDDEN')
  expect(it.world.connections).toBe(1)
  expect(it.inside.connections).toBe(0)
})

test.each([
  ['one of two A records', ({ type }: DnsQuestion) => (type === 'A' ? [publicAddress, '127.0.0.1'] : [])],
  ['the AAAA record', ({ type }: DnsQuestion) => (type === 'A' ? [publicAddress] : ['::1'])],
  [
    'a mapped AAAA record',
    ({ type }: DnsQuestion) => (type === 'A' ? [publicAddress] : ['::ffff:127.0.0.1']),
  ],
])('forbidden: %s spoils the whole answer', async (_what, answer) => {
  await using it = await startWorld(answer)
  const error = await outboundErrorOf(it.outbound.fetch(`http://${name}:${it.world.port}/`))
  expect(error.code).toBe('ADDRESS_FORBIDDEN')
  expect(error.message).not.toContain('127')
  expect(String(error.cause)).toMatch(/(?:127\.0\.0\.1|::1) is/u)
  expect([it.world.connections, it.inside.connections]).toEqual([0, 0])
})

test('one address family is enough', async () => {
  await using it = await startWorld(({ type }) => (type === 'A' ? [publicAddress] : 'refuse'))
  const { how } = await it.outbound.fetch(`http://${name}:${it.world.port}/`)
  expect(how).toBe('ran')
})

test.each([
  ['no records', () => []],
  ['SERVFAIL', () => 'refuse' as const],
  ['silence', () => 'silence' as const],
])('%s: DNS_FAILED', async (_what, answer) => {
  await using it = await startWorld(answer, 200)
  expect(await codeOf(it.outbound.fetch(`http://${name}:${it.world.port}/`))).toBe('DNS_FAILED')
})

test('a name server that is silent for longer than a connection may take: TIMEOUT', async () => {
  await using dns = await startDnsServer(() => 'silence')
  await using outbound = createOutbound({
    resolve: createDnsResolve({ servers: [dns.address], timeoutMs: 60_000, tries: 1 }),
    timeouts: { connectMs: 100 },
  })
  expect(await codeOf(outbound.fetch(`http://${name}/`))).toBe('TIMEOUT')
})

test('names on the allow list are asked of the system, and may be local', async () => {
  await using inside = await startOrigin((_request, response) => sendPicture(response))
  await using outbound = createOutbound({ allow: ['localhost'] })
  const { value } = await outbound.fetch(`http://localhost:${inside.port}/`)
  expect(value.mediaType).toBe('image/png')
})

test('localhost is the loopback that is allowed', async () => {
  await using inside = await startOrigin((_request, response) => sendPicture(response))
  await using outbound = createOutbound({ allow: ['127.0.0.1'] })
  const { value } = await outbound.fetch(`http://localhost:${inside.port}/`)
  expect(value.finalUrl).toBe(`http://localhost:${inside.port}/`)
})

import { spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { command } from './support/access-platform.ts'
import type { ServerProcess } from './support/server-process.ts'
import { makeDataDir, removeDataDir, startServer, until } from './support/server-process.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

const bin = new URL('../packages/server/bin/darkroom.js', import.meta.url).pathname

/** Runs `darkroom start` until it ends. */
async function startAndFail(environment: Record<string, string>): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [bin, 'start'], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => printed.push(chunk))
  const code = await new Promise<number>((resolve) => child.on('exit', (exit) => resolve(exit ?? -1)))
  return { code, output: Buffer.concat(printed).toString() }
}

function statusOf(server: ServerProcess, key: string, path = '/v1/models'): Promise<number> {
  return fetch(server.url + path, { headers: { authorization: `Bearer ${key}` } }).then(
    ({ status }) => status,
  )
}

describe('on a data folder', () => {
  let dataDir: string
  let environment: Record<string, string>

  beforeAll(async () => {
    dataDir = await makeDataDir()
    environment = { DARKROOM_DATA: dataDir }
  })
  afterAll(() => removeDataDir(dataDir))

  test('another address than this machine’s needs keys, and the message says how to make one', async () => {
    const off = await startAndFail({ ...environment, HOST: '0.0.0.0' })
    expect(off.code).toBe(1)
    expect(off.output).toMatch(/HOST: must be a loopback address[^]*keys create --admin[^]*DARKROOM_AUTH=on/u)
    const on = await startAndFail({ ...environment, HOST: '0.0.0.0', DARKROOM_AUTH: 'on' })
    expect(on.code).toBe(1)
    expect(on.output).toMatch(/HOST: 0\.0\.0\.0 is open to others, and there is no API key yet/u)
  })

  test('keys are made without a server and beside one, and a running server hears of each', async () => {
    const made = await command(['keys', 'create', '--admin', '--name', 'first'], environment)
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^dk_[a-z2-7]{12}_[\w-]{43}\n$/u) as string,
    })
    const first = made.stdout.trim()
    expect((await stat(join(dataDir, 'secret.key'))).mode & 0o077).toBe(0)

    const server = await startServer({
      dataDir,
      environment: { DARKROOM_AUTH: 'on', DARKROOM_LOG_LEVEL: 'trace' },
    })
    expect(server.output()).toMatch(/access {4}on: 1 API key\n/u)
    // It would be refused: with access on it asks for a key or a signature.
    expect(server.output()).not.toContain('  picture ')
    const keyless = await command(['purge', '--everything', '--server', server.url], environment)
    expect([keyless.code, keyless.stderr]).toEqual([2, expect.stringContaining('DARKROOM_API_KEY')])
    expect(await statusOf(server, first)).toBe(200)
    const json = await command(
      ['keys', 'create', '--project', 'shop', '--right', 'read', '--expires', '90d', '--json'],
      environment,
    )
    const { key, secret } = JSON.parse(json.stdout) as { key: { id: string }; secret: string }
    expect(await statusOf(server, secret)).toBe(200)
    expect(await statusOf(server, secret, '/v1/keys')).toBe(403)
    expect((await fetch(`${server.url}/v1/models`)).status).toBe(401)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)

    const rotated = await command(['keys', 'rotate', key.id, '--grace', '0s'], environment)
    await until(async () => ((await statusOf(server, secret)) === 401 ? true : undefined))
    const next = rotated.stdout.trim()
    expect(await statusOf(server, next)).toBe(200)
    const revoked = await command(['keys', 'revoke', next.split('_')[1] ?? ''], environment)
    expect(revoked.code).toBe(0)
    await until(async () => ((await statusOf(server, next)) === 401 ? true : undefined))

    // A URL is signed by a command beside the server, and by the key alone.
    const signing = (await command(['keys', 'create', '--signing'], environment)).stdout.trim()
    const path = '/live/demo?prompt=a+signed+fox&size=64x64'
    const byFolder = await command(['sign', path], environment)
    const byKey = await command(['sign', `${server.url}${path}`], {
      DARKROOM_DATA: join(dataDir, 'none'),
      DARKROOM_SIGNING_KEY: signing,
    })
    expect((await fetch(server.url + path)).status).toBe(401)
    expect((await fetch(server.url + byFolder.stdout.trim())).status).toBe(200)
    expect((await fetch(byKey.stdout.trim())).status).toBe(200)

    // The commands that talk to a server show it the key of the environment.
    const purge = ['purge', '--tag', 'scope:demo', '--server', server.url]
    expect((await command(purge, environment)).code).toBe(2)
    expect((await command(purge, { ...environment, DARKROOM_API_KEY: first })).code).toBe(0)

    expect(await server.end('SIGTERM')).toBe(0)
    // What was used last is written when the server stops, at the latest.
    const list = JSON.parse((await command(['keys', 'list', '--json'], environment)).stdout) as {
      items: { name: string; state: string; lastUsedAt: string | null }[]
    }
    expect(list.items.find(({ name }) => name === 'first')?.lastUsedAt).not.toBeNull()
    expect(list.items.map(({ state }) => state).toSorted()).toEqual([
      'expired',
      'revoked',
      'usable',
      'usable',
    ])
    const output = server.output()
    for (const text of [first, secret, next, signing])
      expect(output).not.toContain(text.split('_').slice(2).join('_'))
  })

  test.each([
    [['keys', 'create', '--right', 'root'], 2],
    [['keys', 'create', '--project', '../x'], 2],
    [['keys', 'create', '--expires', 'soon'], 2],
    [['keys', 'create', '--rate', 'many'], 2],
    [['keys', 'revoke', 'nothing'], 2],
    [['keys', 'nonsense'], 2],
    [['sign', '/v1/generations'], 2],
    [['sign', '/live/demo?prompt=x', '--expires', '1 year'], 2],
    [['sign', '/live/demo?prompt=x', '--project', 'unknown'], 1],
  ])('%j ends with %d and a sentence', async (args, code) => {
    const ended = await command(args, environment)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr.length).toBeGreaterThan(10)
  })
})

describe('two processes on one database', () => {
  let dataDir: string
  let postgres: EmbeddedPostgres
  let environment: Record<string, string>
  let admin: string
  const servers: ServerProcess[] = []

  beforeAll(async () => {
    dataDir = await makeDataDir()
    postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') })
    environment = {
      DARKROOM_DATA: join(dataDir, 'commands'),
      DATABASE_URL: databaseUrlOf(postgres.connection),
      DARKROOM_STORAGE: `file:${join(dataDir, 'objects')}`,
      DARKROOM_SECRET: 'a secret that both processes are given',
      DARKROOM_AUTH: 'on',
    }
    admin = (await command(['keys', 'create', '--admin'], environment)).stdout.trim()
    for (const name of ['here', 'there'])
      servers.push(await startServer({ dataDir: join(dataDir, name), environment }))
  })

  afterAll(async () => {
    const codes = await Promise.all(servers.map((server) => server.end('SIGTERM')))
    await postgres.stop()
    await removeDataDir(dataDir)
    expect(codes).toEqual([0, 0])
  })

  test('another secret is told, before it makes every key invalid', async () => {
    const other = { ...environment, DARKROOM_SECRET: 'a secret that is another one altogether' }
    const ended = await startAndFail(other)
    expect(ended.code).toBe(1)
    expect(ended.output).toMatch(
      /not the one that the keys in the database were made with[^]*DARKROOM_SECRET/u,
    )
    expect(ended.output).not.toContain(environment['DARKROOM_SECRET'])
    const created = await command(['keys', 'create'], other)
    expect(created).toMatchObject({ code: 1, stdout: '' })
  })

  test('a key that one of them revokes is refused by both', async () => {
    const [here, there] = servers as [ServerProcess, ServerProcess]
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' }
    const made = await fetch(`${here.url}/v1/keys`, { method: 'POST', headers, body: '{}' })
    const { key, secret } = (await made.json()) as { key: { id: string }; secret: string }
    for (const server of servers) expect(await statusOf(server, secret)).toBe(200)
    await fetch(`${here.url}/v1/keys/${key.id}`, { method: 'DELETE', headers })
    expect(await statusOf(here, secret)).toBe(401)
    await until(async () => ((await statusOf(there, secret)) === 401 ? true : undefined))
  })

  test('a budget and a rate are one for both', async () => {
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ name: 'five', maxPerHour: 5, unsignedLive: true })
    await fetch(`${servers[0]?.url}/v1/scopes`, { method: 'POST', headers, body })
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        fetch(`${servers[index % 2]?.url}/live/five?prompt=number+${index}&size=64x64&format=png`),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(35)

    const rate = ['keys', 'create', '--rate', '10']
    const key = (await command(rate, environment)).stdout.trim()
    const asked = await Promise.all(
      Array.from({ length: 30 }, (_, index) => statusOf(servers[index % 2] as ServerProcess, key)),
    )
    expect(asked.filter((status) => status === 200)).toHaveLength(10)
    expect(asked.filter((status) => status === 429)).toHaveLength(20)
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chooseAccount } from './account.ts'
import type { EmbeddedConnection } from './connection.ts'
import { poolOptions } from './connection.ts'
import { DatabaseStartError, startEmbeddedPostgres } from './embedded-postgres.ts'
import { findProcess } from './process-table.ts'
import type { DatabaseFolder } from './testing/owner-process.ts'
import { createDatabaseFolder, killServer } from './testing/owner-process.ts'

let folder: DatabaseFolder
let dataDir: string

beforeEach(async () => {
  folder = await createDatabaseFolder()
  dataDir = join(folder.path, 'postgres')
})
afterEach(() => folder.remove())

async function query(connection: EmbeddedConnection, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(poolOptions(connection, 'test'))
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

describe('a data folder', () => {
  test('is made, kept over a stop, and leaves nothing behind in the temporary folder', async () => {
    const first = await startEmbeddedPostgres({ dataDir })
    expect(first.adopted).toBe(false)
    await query(first.connection, 'create table kept (x int); insert into kept values (7)')
    expect(await first.memoryBytes()).toBeLessThan(50_000_000)
    await first.stop()
    await first.stop()
    expect(await findProcess(first.pid)).toBeUndefined()
    await expect(stat(first.connection.host)).rejects.toThrow('ENOENT')

    const second = await startEmbeddedPostgres({ dataDir })
    try {
      expect(second.adopted).toBe(false)
      expect(await query(second.connection, 'select x from kept')).toEqual([{ x: 7 }])
    } finally {
      await second.stop()
    }
  })

  test('is durable and closed: settings, modes, SCRAM, no superuser', async () => {
    const server = await startEmbeddedPostgres({ dataDir })
    try {
      const { connection } = server
      const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'autovacuum', 'listen_addresses']
      const settings = await query(
        connection,
        `select name, setting from pg_settings where name in (${names.map((name) => `'${name}'`).join()})`,
      )
      expect(Object.fromEntries(settings.map((row) => [row['name'], row['setting']]))).toEqual({
        fsync: 'on',
        synchronous_commit: 'on',
        full_page_writes: 'on',
        autovacuum: 'on',
        listen_addresses: '',
      })
      expect(await query(connection, `select current_setting('is_superuser') as superuser`)).toEqual([
        { superuser: 'off' },
      ])
      for (const password of ['wrong', '']) {
        await expect(query({ ...connection, password }, 'select 1')).rejects.toThrow(/password/)
      }
      await expect(query({ ...connection, user: 'postgres' }, 'select 1')).rejects.toThrow(/password/)
      expect((await stat(join(dataDir, 'credentials.json'))).mode & 0o777).toBe(0o600)
      expect((await stat(connection.host)).mode & 0o777).toBe(0o700)
      expect((await stat(join(dataDir, 'cluster'))).mode & 0o777).toBe(0o700)
    } finally {
      await server.stop()
    }
  })

  test('has one owner: a second is refused, in another process and in the same', async () => {
    const owner = folder.startOwner({ dataDir })
    await owner.ready()
    const refusal = {
      code: 'DATA_IN_USE',
      message: expect.stringContaining(`process ${owner.child.pid} `) as string,
    }
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject(refusal)
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(dataDir)
    expect(await folder.startOwner({ dataDir }).next()).toMatchObject({ code: 'DATA_IN_USE' })
    await owner.end('SIGTERM')

    const server = await startEmbeddedPostgres({ dataDir })
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({ code: 'DATA_IN_USE' })
    // The refused one must not have given away the lock of the first.
    expect(await folder.startOwner({ dataDir }).next()).toMatchObject({ code: 'DATA_IN_USE' })
    await server.stop()
  })

  test('may have a long path, spaces, quotes, a colon and letters of all kinds', async () => {
    const name = `Meine Bilder, "größer": $HOME 日本語 ${'lang'.repeat(20)}`
    const long = join(folder.path, name, 'x'.repeat(150), 'postgres')
    const owner = folder.startOwner({ dataDir: long })
    const { connection } = await owner.ready()
    expect(Buffer.byteLength(connection.host)).toBeLessThan(90)
    expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }])
    await owner.end('SIGTERM')
  })

  test('of another major version is refused, and stays as it is', async () => {
    const server = await startEmbeddedPostgres({ dataDir })
    await server.stop()
    await writeFile(join(dataDir, 'cluster/PG_VERSION'), '17\n')
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'VERSION_MISMATCH',
      message: expect.stringMatching(/PostgreSQL 17.*18/s) as string,
    })
  })

  test('without its credentials is refused, and the credentials are not made anew', async () => {
    await mkdir(join(dataDir, 'cluster'), { recursive: true })
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/credentials\.json is missing/)
    expect(await readdir(dataDir)).not.toContain('credentials.json')
  })
})

describe('after kill -9', () => {
  test('of the owner, the next start takes over the running server', async () => {
    const owner = folder.startOwner({ dataDir })
    const first = await owner.ready()
    await query(first.connection, 'create table kept (x int); insert into kept values (7)')
    await owner.end('SIGKILL')

    const heir = folder.startOwner({ dataDir })
    const second = await heir.ready()
    expect(second).toMatchObject({ adopted: true, pid: first.pid, connection: first.connection })
    expect(await query(second.connection, 'select x from kept')).toEqual([{ x: 7 }])
    await heir.end('SIGTERM')
    expect(await findProcess(first.pid)).toBeUndefined()
    await expect(stat(first.connection.host)).rejects.toThrow('ENOENT')
  })

  test('of owner and server, the next start recovers what was committed', async () => {
    const owner = folder.startOwner({ dataDir })
    const first = await owner.ready()
    await query(first.connection, 'create table kept (x int); insert into kept values (7)')
    await owner.end('SIGKILL')
    await killServer(dataDir)

    const second = await folder.startOwner({ dataDir }).ready()
    expect(second.adopted).toBe(false)
    expect(await query(second.connection, 'select x from kept')).toEqual([{ x: 7 }])
    await expect(stat(first.connection.host)).rejects.toThrow('ENOENT')
  })

  test.each(['a process of somebody else', 'nothing'])(
    'a lock file that names %s is no server',
    async (named) => {
      const owner = folder.startOwner({ dataDir })
      const { pid } = await owner.ready()
      await owner.end('SIGKILL')
      await killServer(dataDir)
      // PostgreSQL minds only processes of its own user.
      const stranger = spawn('sleep', ['1000'], { cwd: '/', ...chooseAccount(join(dataDir, 'cluster')) })
      await once(stranger, 'spawn')
      try {
        const pidFile = join(dataDir, 'cluster/postmaster.pid')
        const text = await readFile(pidFile, 'utf8')
        await writeFile(pidFile, named === 'nothing' ? '' : text.replace(String(pid), String(stranger.pid)))
        expect(await folder.startOwner({ dataDir }).ready()).toMatchObject({ adopted: false })
        expect(stranger.exitCode).toBeNull()
      } finally {
        stranger.kill('SIGKILL')
      }
    },
  )

  test('a server whose socket was swept away is started anew, not adopted', async () => {
    const owner = folder.startOwner({ dataDir })
    const first = await owner.ready()
    await owner.end('SIGKILL')
    await rm(first.connection.host, { recursive: true })
    expect(await folder.startOwner({ dataDir }).ready()).toMatchObject({ adopted: false })
    expect(await findProcess(first.pid)).toBeUndefined()
  })

  test('in the middle of initdb, the next start begins again', async () => {
    const owner = folder.startOwner({ dataDir })
    const isInitialising = async (): Promise<boolean> =>
      (await readdir(dataDir).catch(() => [])).some((name) => name.startsWith('cluster.new-'))
    while (!(await isInitialising())) await sleep(2)
    await owner.end('SIGKILL')
    const { connection } = await folder.startOwner({ dataDir }).ready()
    expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }])
    expect((await readdir(dataDir)).filter((name) => name.startsWith('cluster'))).toEqual(['cluster'])
  })

  test('of the server alone, its owner starts it again where its clients look for it', async () => {
    const owner = folder.startOwner({ dataDir })
    const first = await owner.ready()
    await query(first.connection, 'create table kept (x int); insert into kept values (7)')
    await killServer(dataDir)
    let rows: unknown
    while (rows === undefined) {
      rows = await query(first.connection, 'select x from kept').catch(() => sleep(10))
    }
    expect(rows).toEqual([{ x: 7 }])
    await owner.end('SIGTERM')
  })
})

test('Ctrl-C reaches the whole group, and the database lives until its owner stops it', async () => {
  const owner = folder.startOwner({ dataDir })
  const { connection, pid } = await owner.ready()
  process.kill(-(owner.child.pid ?? 0), 'SIGINT')
  expect(await owner.next()).toEqual({ interrupted: true })
  expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }])
  owner.child.kill('SIGTERM')
  expect(await owner.next()).toEqual({ stopped: true })
  if (owner.child.exitCode === null) await once(owner.child, 'exit')
  expect(owner.child.exitCode).toBe(0)
  expect(await findProcess(pid)).toBeUndefined()
})

test('a start that is given up leaves no process, no half-made database and the folder free', async () => {
  const reason = new Error('no longer wanted')
  const controller = new AbortController()
  // The first message comes right before initdb.
  const log = { info: () => controller.abort(reason), warn: () => {}, error: () => {} }
  await expect(startEmbeddedPostgres({ dataDir, signal: controller.signal, log })).rejects.toBe(reason)
  expect((await readdir(dataDir)).toSorted()).toEqual(['credentials.json', 'owner.lock'])
  const server = await startEmbeddedPostgres({ dataDir })
  await server.stop()
})

test('a server that cannot start says so with the end of its log', async () => {
  const server = await startEmbeddedPostgres({ dataDir })
  await server.stop()
  const configuration = join(dataDir, 'cluster/postgresql.conf')
  await writeFile(configuration, `${readFileSync(configuration, 'utf8')}\nno_such_setting = 1\n`)
  const start = startEmbeddedPostgres({ dataDir })
  await expect(start).rejects.toThrow(DatabaseStartError)
  await expect(start).rejects.toMatchObject({
    code: 'START_FAILED',
    message: expect.stringContaining('no_such_setting') as string,
  })
})

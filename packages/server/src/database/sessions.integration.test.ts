import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { DatabaseLog } from './connection.ts'
import type { Database } from './database.ts'
import { openDatabase } from './database.ts'
import { openDedicatedConnection } from './dedicated-connection.ts'
import type { EmbeddedPostgres } from './embedded-postgres.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import type { Listener } from './listener.ts'
import { createListener } from './listener.ts'
import { migrate } from './migrate.ts'
import { createSessionLock } from './session-lock.ts'
import type { DatabaseFolder } from './testing/owner-process.ts'
import { createDatabaseFolder } from './testing/owner-process.ts'

const log: DatabaseLog = { info: () => {}, warn: () => {}, error: () => {} }

let folder: DatabaseFolder
let server: EmbeddedPostgres
let database: Database
const opened: { close(): Promise<void> }[] = []

beforeAll(async () => {
  folder = await createDatabaseFolder()
  server = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres') })
  database = await openDatabase({ connection: server.connection, log })
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()))
})
afterAll(async () => {
  await database.close()
  await server.stop()
  await folder.remove()
})

function closeLater<T extends { close(): Promise<void> }>(opening: T): T {
  opened.push(opening)
  return opening
}

async function endSessions(applicationName: string): Promise<void> {
  await database.pool.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
    [applicationName],
  )
}

describe('openDatabase', () => {
  test('gives timestamps as dates and int8 as strings, which do not round', async () => {
    const { rows } = await database.pool.query(
      `select now() as now, 9007199254740993::int8 as big, 1::int4 as small`,
    )
    expect(rows).toEqual([{ now: expect.any(Date) as Date, big: '9007199254740993', small: 1 }])
  })

  test('an idle connection that breaks is replaced, and ends nothing', async () => {
    const mine = closeLater(
      await openDatabase({ connection: server.connection, log, maxConnections: 1, applicationName: 'mine' }),
    )
    const broken = new Promise((resolve) => mine.pool.once('remove', resolve))
    await endSessions('mine')
    await broken
    expect((await mine.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('a connection that breaks between two statements of a transaction fails it, and ends nothing', async () => {
    const mine = closeLater(
      await openDatabase({ connection: server.connection, log, maxConnections: 1, applicationName: 'torn' }),
    )
    let client: pg.PoolClient | undefined
    mine.pool.once('acquire', (acquired) => {
      client = acquired
    })
    const torn = mine.kysely.transaction().execute(async (transaction) => {
      await sql`select 1`.execute(transaction)
      const ended = new Promise<void>((resolve) => client?.once('end', resolve))
      await endSessions('torn')
      // Nothing is asked of the connection here: only a listener for its errors keeps the process alive.
      await ended
      await sql`select 2`.execute(transaction)
    })
    await expect(torn).rejects.toThrow(/not queryable|terminat/u)
    expect((await mine.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('an address where nothing answers is told at once', async () => {
    const connection = { ...server.connection, host: folder.path }
    await expect(openDatabase({ connection, log })).rejects.toThrow(/ENOENT/)
    await expect(createListener({ connection, log })).rejects.toThrow(/ENOENT/)
  })
})

describe('a listener', () => {
  /** Collects payloads; `next` resolves with the next one. */
  async function collect(
    listener: Listener,
    channel: string,
  ): Promise<{ next(): Promise<string>; stop(): Promise<void> }> {
    const arrived: string[] = []
    let wake = Promise.withResolvers<void>()
    const stop = await listener.listen(channel, (payload) => {
      arrived.push(payload)
      wake.resolve()
    })
    return {
      next: async () => {
        while (arrived.length === 0) {
          await wake.promise
          wake = Promise.withResolvers()
        }
        return arrived.shift() ?? ''
      },
      stop,
    }
  }
  const notify = (channel: string, payload: string): Promise<unknown> =>
    database.pool.query('select pg_notify($1, $2)', [channel, payload])

  test('receives on channels of any name, each receiver its own, until it stops', async () => {
    const listener = closeLater(await createListener({ connection: server.connection, log }))
    const first = await collect(listener, 'Odd "name"')
    const second = await collect(listener, 'Odd "name"')
    const other = await collect(listener, 'other')
    await notify('Odd "name"', 'a')
    expect(await Promise.all([first.next(), second.next()])).toEqual(['a', 'a'])
    await first.stop()
    await notify('Odd "name"', 'b')
    await notify('other', 'c')
    expect(await Promise.all([second.next(), other.next()])).toEqual(['b', 'c'])
    await second.stop()
    const again = await collect(listener, 'Odd "name"')
    await notify('Odd "name"', 'd')
    expect(await again.next()).toBe('d')
  })

  test('whose session was ended listens again before it tells so', async () => {
    const listener = closeLater(
      await createListener({ connection: server.connection, log, applicationName: 'ended' }),
    )
    const received = await collect(listener, 'news')
    for (const payload of ['one', 'two']) {
      const reconnected = new Promise<void>((resolve) => {
        const stop = listener.onReconnect(() => {
          stop()
          resolve()
        })
      })
      await endSessions('ended')
      await reconnected
      await notify('news', payload)
      expect(await received.next()).toBe(payload)
    }
  })

  test('notices that the other side went silent without a word', async () => {
    const tunnel = await openTunnel(`${server.connection.host}/.s.PGSQL.${server.connection.port}`)
    const { user, password, database: name } = server.connection
    let restored = (): void => {}
    const back = new Promise<void>((resolve) => (restored = resolve))
    let sessions = 0
    const connection = await openDedicatedConnection({
      connection: `postgres://${user}:${password}@127.0.0.1:${tunnel.port}/${name}`,
      applicationName: 'tunnelled',
      log,
      heartbeatMs: 20,
      prepare: async () => void (sessions += 1),
      restored: () => restored(),
    })
    tunnel.freeze()
    await back
    expect(sessions).toBe(2)
    expect((await (await connection.ready()).query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await connection.close()
    await expect(connection.ready()).rejects.toThrow(/closed/)
    await tunnel.close()
  })

  test('a fault of one receiver is not the other’s', async () => {
    const listener = closeLater(await createListener({ connection: server.connection, log }))
    await listener.listen('faulty', () => {
      throw new Error('a fault')
    })
    const healthy = await collect(listener, 'faulty')
    await notify('faulty', 'a')
    expect(await healthy.next()).toBe('a')
  })

  test('closed refuses to listen', async () => {
    const listener = await createListener({ connection: server.connection, log })
    await listener.close()
    await listener.close()
    await expect(listener.listen('late', () => {})).rejects.toThrow(/closed/)
  })
})

describe('a session lock', () => {
  const open = async (id: number, applicationName = 'lock'): ReturnType<typeof createSessionLock> =>
    closeLater(await createSessionLock({ connection: server.connection, log, id, applicationName }))

  test('is held until closed, by one process', async () => {
    const [first, second] = [await open(1), await open(2)]
    expect([await first.isFree(2), await second.isFree(1), await first.isFree(3)]).toEqual([
      false,
      false,
      true,
    ])
    await expect(open(2)).rejects.toThrow(/held by another/)
    await second.close()
    expect([first.held, second.held, await first.isFree(2)]).toEqual([true, false, true])
  })

  test('tells when it is lost, and is taken again', async () => {
    const [watcher, lock] = [await open(4), await open(5, 'to be lost')]
    const lost = new Promise<void>((resolve) => void lock.onLost(resolve))
    await endSessions('to be lost')
    await lost
    while (await watcher.isFree(5)) await database.pool.query('select pg_sleep(0.005)')
    expect(lock.held).toBe(true)
  })

  test('is held no more from the moment that it is given back: the server frees it before it says so', async () => {
    const lock = await open(8)
    const closed = lock.close()
    expect(lock.held).toBe(false)
    await closed
  })

  test('who looks at one takes it from nobody who comes back at that moment', async () => {
    const [one, two] = [await open(9), await open(10)]
    const client = await database.pool.connect()
    try {
      // As long as a look may take on a busy machine.
      await client.query('begin')
      await client.query('select pg_try_advisory_xact_lock_shared($1, $2)', [0x647277, 11])
      expect(await Promise.all([one.isFree(11), two.isFree(11)])).toEqual([true, true])
    } finally {
      await client.query('rollback')
      client.release()
    }
  })

  test('is free the moment its process is killed', async () => {
    const program = fileURLToPath(new URL('testing/lock-program.ts', import.meta.url))
    const child = spawn(
      process.execPath,
      [program, JSON.stringify({ connection: server.connection, id: 6 })],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    await once(child.stdout, 'data')
    const watcher = await open(7)
    expect(await watcher.isFree(6)).toBe(false)
    child.kill('SIGKILL')
    while (!(await watcher.isFree(6))) await database.pool.query('select pg_sleep(0.005)')
  })
})

describe('migrate', () => {
  const migrations = {
    '0001-one': {
      up: async (db: Kysely<unknown>) => {
        await sql`create table runs (name text)`.execute(db)
        await sql`insert into runs values ('one')`.execute(db)
      },
    },
  }
  const second = {
    up: async (db: Kysely<unknown>) => void (await sql`insert into runs values ('two')`.execute(db)),
  }
  const runs = async (): Promise<unknown[]> =>
    (await database.pool.query<{ name: string }>('select name from runs')).rows.map(({ name }) => name)

  test('runs each once when several processes start together, and then only what is new', async () => {
    const pools = await Promise.all([1, 2, 3].map(() => openDatabase({ connection: server.connection, log })))
    for (const pool of pools) closeLater(pool)
    await Promise.all(pools.map(({ kysely }) => migrate(kysely, migrations)))
    expect(await runs()).toEqual(['one'])
    const more = { ...migrations, '0002-two': second }
    await Promise.all(pools.map(({ kysely }) => migrate(kysely, more)))
    expect(await runs()).toEqual(['one', 'two'])
    await expect(migrate(database.kysely, migrations)).rejects.toThrow(/newer Darkroom \(0002-two\)/)
    const broken = {
      up: async (db: Kysely<unknown>) => {
        await second.up(db)
        await sql`select no_such_function()`.execute(db)
      },
    }
    await expect(migrate(database.kysely, { ...more, '0003-broken': broken })).rejects.toThrow(
      /no_such_function/,
    )
    expect(await runs()).toEqual(['one', 'two'])
    await migrate(database.kysely, more)
  })
})

/** A TCP way to the database's socket that can go silent: nothing passes, nothing is closed. */
async function openTunnel(
  socketPath: string,
): Promise<{ port: number; freeze(): void; close(): Promise<void> }> {
  const pairs: [Socket, Socket][] = []
  const tunnel = createServer((near) => {
    const far = connect(socketPath)
    pairs.push([near, far])
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => {})
  })
  await once(tunnel.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (tunnel.address() as AddressInfo).port,
    freeze: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far)
        far.unpipe(near)
      }
    },
    close: async () => {
      for (const socket of pairs.flat()) socket.destroy()
      tunnel.close()
      await once(tunnel, 'close')
    },
  }
}

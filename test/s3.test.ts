import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import type { ObjectStore } from '../packages/server/src/storage/object-store.ts'
import { createS3ObjectStore } from '../packages/server/src/storage/s3-object-store.ts'
import type { CephRgw } from '../packages/server/src/storage/testing/ceph-rgw.ts'
import { cephRgwMissing, startCephRgw } from '../packages/server/src/storage/testing/ceph-rgw.ts'
import type { ServerProcess } from './support/server-process.ts'
import { bodyHash, makeDataDir, removeDataDir, startServer } from './support/server-process.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

const missing = cephRgwMissing()

describe.skipIf(missing !== undefined)(`two processes on one bucket${missing ? ` (${missing})` : ''}`, () => {
  let dataDir: string
  let postgres: EmbeddedPostgres
  let rgw: CephRgw
  let bucket: ObjectStore
  let here: ServerProcess
  let there: ServerProcess
  let environment: Record<string, string>

  beforeAll(async () => {
    dataDir = await makeDataDir()
    rgw = await startCephRgw()
    const location = { ...(await rgw.makeBucket()), prefix: 'pictures/' }
    bucket = createS3ObjectStore({ location })
    postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') })
    environment = {
      DATABASE_URL: databaseUrlOf(postgres.connection),
      DARKROOM_STORAGE: `s3://${location.bucket}/pictures`,
      AWS_ENDPOINT_URL_S3: location.endpoint,
      AWS_REGION: location.region,
      AWS_ACCESS_KEY_ID: location.accessKeyId,
      AWS_SECRET_ACCESS_KEY: location.secretAccessKey,
    }
    here = await startServer({ dataDir: join(dataDir, 'here'), environment })
    there = await startServer({ dataDir: join(dataDir, 'there'), environment })
  }, 120_000)

  afterAll(async () => {
    await Promise.all([here.end('SIGTERM'), there.end('SIGTERM')])
    await postgres.stop()
    await rgw.stop()
    await removeDataDir(dataDir)
  })

  async function objects(): Promise<string[]> {
    const names: string[] = []
    for await (const name of bucket.list('objects/')) names.push(name)
    return names
  }

  test('what one makes the other serves, byte for byte, and a takedown leaves nothing', async () => {
    expect((await fetch(`${there.url}/readyz`)).status).toBe(200)
    const path = '/live/demo?prompt=a+harbour&size=256x192&format=webp'
    const made = await fetch(here.url + path)
    expect(made.status).toBe(200)
    const id = made.headers.get('x-image-id') ?? ''
    const madeHash = await bodyHash(made)
    const served = await fetch(there.url + path)
    expect([served.status, await bodyHash(served)]).toEqual([200, madeHash])
    expect(await objects()).toHaveLength(1)

    expect((await fetch(`${there.url}/v1/images/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect(await objects()).toEqual([])
    for (const server of [here, there]) expect((await fetch(`${server.url}/images/${id}`)).status).toBe(404)
  })

  test('a bucket that is not there stops no start, and readiness says so', async () => {
    const lost = await startServer({
      dataDir: join(dataDir, 'lost'),
      environment: { ...environment, DARKROOM_STORAGE: 's3://no-such-bucket' },
    })
    try {
      const ready = await fetch(`${lost.url}/readyz`)
      expect([ready.status, await ready.text()]).toEqual([
        503,
        expect.stringContaining('bucket does not exist'),
      ])
    } finally {
      await lost.end('SIGTERM')
    }
  })
})

import { hash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeObjectStoreContract } from './object-store.contract.ts'
import type { ObjectStore } from './object-store.ts'
import type { S3Location } from './s3-location.ts'
import { createS3ObjectStore } from './s3-object-store.ts'
import type { CephRgw } from './testing/ceph-rgw.ts'
import { cephRgwMissing, startCephRgw } from './testing/ceph-rgw.ts'
import type { FaultyProxy } from './testing/faulty-proxy.ts'
import { startFaultyProxy } from './testing/faulty-proxy.ts'

const missing = cephRgwMissing()
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const mebibyte = 1024 * 1024

describe.skipIf(missing !== undefined)(`S3, on Ceph's RADOS gateway${missing ? ` (${missing})` : ''}`, () => {
  let rgw: CephRgw

  beforeAll(async () => {
    rgw = await startCephRgw()
  }, 120_000)
  afterAll(async () => {
    await rgw.stop()
  })

  describeObjectStoreContract('the S3 store', async () => {
    const location = { ...(await rgw.makeBucket()), prefix: 'some/prefix/' }
    const open = (): ObjectStore => createS3ObjectStore({ location, multipartBytes: 5 * mebibyte })
    return { store: open(), openAnother: async () => open(), dispose: async () => undefined }
  })

  describe('the S3 store and its service', () => {
    let location: S3Location
    let proxy: FaultyProxy
    let store: ObjectStore

    beforeEach(async () => {
      location = await rgw.makeBucket()
      proxy = await startFaultyProxy(rgw.endpoint)
      store = createS3ObjectStore({
        location: { ...location, endpoint: proxy.endpoint },
        multipartBytes: 5 * mebibyte,
      })
    })
    afterEach(async () => {
      await proxy.close()
    })

    test.each([
      ['500', { status: 500 }],
      ['503', { status: 503 }],
      ['429', { status: 429 }],
      ['a reset', 'reset before'],
    ] as const)('asks again after %s', async (_name, fault) => {
      proxy.plan(fault, fault)
      expect(await store.put('a', text('bytes'))).toEqual({ created: true })
      expect(proxy.seen).toHaveLength(3)
      proxy.plan(fault)
      expect(await store.get('a')).toEqual(text('bytes'))
      proxy.plan(fault)
      expect(await store.head('a')).toMatchObject({ sizeBytes: 5 })
    })

    test('asks again for a body that broke off', async () => {
      const bytes = new Uint8Array(mebibyte).fill(9)
      await store.put('a', bytes)
      proxy.plan('half the answer')
      expect(hash('sha256', (await store.get('a')) ?? '')).toBe(hash('sha256', bytes))
      expect(proxy.seen).toHaveLength(2)
    })

    test('a put that broke off half way leaves nothing visible, and its repeat all', async () => {
      const bytes = new Uint8Array(mebibyte).fill(7)
      const looker = createS3ObjectStore({ location })
      proxy.plan(...Array.from({ length: 5 }, () => 'reset while sending' as const))
      await expect(store.put('torn', bytes)).rejects.toMatchObject({ code: 'storage_unavailable' })
      expect(await looker.head('torn')).toBeUndefined()
      proxy.plan('reset while sending')
      expect(await store.put('torn', bytes)).toEqual({ created: true })
      expect(await looker.head('torn')).toMatchObject({ sizeBytes: mebibyte })
    })

    test('a put whose answer was lost is there once, whole', async () => {
      proxy.plan('reset after')
      expect(await store.put('lost', text('whole'))).toEqual({ created: false })
      expect(await store.get('lost')).toEqual(text('whole'))
    })

    test('gives up after five attempts, in words without a host', async () => {
      proxy.plan(...Array.from({ length: 9 }, () => ({ status: 503 })))
      const failure = await store.get('a').catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'storage_unavailable' })
      expect(String(failure)).toContain('it answered 503')
      expect(String(failure)).not.toContain('127.0.0.1')
      expect(proxy.seen).toHaveLength(5)
    })

    test('a caller that leaves ends the waiting between two attempts', async () => {
      proxy.plan(...Array.from({ length: 9 }, () => ({ status: 503 })))
      const leaving = new AbortController()
      const reading = store.get('a', { signal: leaving.signal })
      const reason = new Error('left')
      while (proxy.seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
      leaving.abort(reason)
      await expect(reading).rejects.toBe(reason)
    })

    test('a large object goes up in parts, which are gone when one of them fails for good', async () => {
      const bytes = new Uint8Array(40 * mebibyte)
      for (let index = 0; index < bytes.byteLength; index += 4096) bytes[index] = index / 4096
      expect(await store.put('large', bytes)).toEqual({ created: true })
      expect(proxy.seen.filter((line) => line.includes('partNumber='))).toHaveLength(3)
      expect(hash('sha256', (await store.get('large')) ?? '')).toBe(hash('sha256', bytes))
      expect(await store.put('large', bytes)).toEqual({ created: false })

      proxy.plan('none', 'none', ...Array.from({ length: 15 }, () => ({ status: 500 })))
      await expect(store.put('torn', bytes)).rejects.toMatchObject({ code: 'storage_unavailable' })
      expect(await store.head('torn')).toBeUndefined()
      expect(proxy.seen.some((line) => line.startsWith('DELETE') && line.includes('uploadId='))).toBe(true)
    })

    test('a completion whose answer was lost is one all the same', async () => {
      const bytes = new Uint8Array(6 * mebibyte).fill(1)
      proxy.plan('none', 'none', 'none', 'reset after')
      expect(await store.put('large', bytes)).toEqual({ created: true })
      expect(await store.head('large')).toMatchObject({ sizeBytes: bytes.byteLength })
    })

    test('damage on the way up is refused by the service', async () => {
      const { S3mini } = await import('s3mini')
      const { endpoint, bucket, region, accessKeyId, secretAccessKey } = location
      const s3 = new S3mini({ endpoint: `${endpoint}/${bucket}`, region, accessKeyId, secretAccessKey })
      const headers = { 'content-md5': hash('md5', 'other bytes', 'base64') }
      await expect(
        s3.putObject('damaged', text('bytes'), undefined, undefined, headers as Record<string, string>),
      ).rejects.toMatchObject({ status: 400 })
    })

    test('signs URLs that serve the object without us, until they expire', async () => {
      await createS3ObjectStore({ location }).put('signed', text('for all'))
      const url = (await createS3ObjectStore({ location }).signedUrl?.('signed', 60)) ?? ''
      expect(await (await fetch(url)).text()).toBe('for all')
      expect((await fetch(url.replace(/Signature=.{8}/u, 'Signature=00000000'))).status).toBe(403)
    })

    test('tells a wrong secret and a missing bucket apart from a missing object', async () => {
      const stranger = createS3ObjectStore({ location: { ...location, secretAccessKey: 'wrong' } })
      await expect(stranger.get('a')).rejects.toThrow('refused our credentials')
      await expect(stranger.check()).rejects.toThrow('refused our credentials')
      const lost = createS3ObjectStore({ location: { ...location, bucket: 'no-such-bucket' } })
      await expect(lost.get('a')).rejects.toThrow('bucket does not exist')
      await expect(lost.check()).rejects.toThrow('bucket does not exist')
      expect(await store.get('a')).toBeUndefined()
    })

    test('lists beyond one page', async () => {
      const names = Array.from({ length: 1005 }, (_, index) => `many/${index}`)
      await Promise.all(names.map(async (name) => await store.put(name, text(name))))
      const listed: string[] = []
      for await (const name of store.list('many/')) listed.push(name)
      expect(listed.toSorted()).toEqual(names.toSorted())
    })

    test('keeps to its prefix', async () => {
      const inside = createS3ObjectStore({ location: { ...location, prefix: 'inside/' } })
      await store.put('objects/a', text('outside'))
      expect(await inside.get('objects/a')).toBeUndefined()
      await inside.put('objects/a', text('inside'))
      expect(await store.get('inside/objects/a')).toEqual(text('inside'))
    })
  })
})

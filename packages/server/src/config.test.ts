import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseConfig, unknownVariables, variables } from './config.ts'
import { ConfigError } from './config-variable.ts'

function faultsOf(environment: Record<string, string>): string[] {
  try {
    parseConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ variable }) => variable)
    throw error
  }
  return []
}

describe('the configuration', () => {
  test('is complete without a single variable, and frozen', () => {
    const config = parseConfig({})
    expect(config).toMatchObject({
      port: 8787,
      host: '127.0.0.1',
      dataDir: resolve('.darkroom'),
      storage: { kind: 'file', directory: resolve('.darkroom/objects') },
      liveWaitMs: 60_000,
      workerConcurrency: 2,
      drainMs: 5000,
      cdn: { tags: false, cdns: [], repeatMs: 10_000 },
      corsOrigins: [],
      outboundAllow: [],
      logLevel: 'info',
    })
    expect(config.databaseUrl).toBeUndefined()
    expect(config.openai).toEqual({ apiKey: undefined, baseUrl: 'https://api.openai.com/v1' })
    expect(Object.isFrozen(config)).toBe(true)
  })

  test('an empty variable counts as unset, every one of them', () => {
    const empty = Object.fromEntries(Object.keys(variables).map((name) => [name, '']))
    expect(JSON.stringify(parseConfig(empty))).toBe(JSON.stringify(parseConfig({})))
  })

  test('names all faults at once, each with its variable and where to read on', () => {
    const wrong = {
      PORT: '70000',
      HOST: '0.0.0.0',
      DATABASE_URL: 'mysql://localhost/db',
      DARKROOM_STORAGE: 'ftp://bucket',
      DARKROOM_AUTH: 'maybe',
      DARKROOM_TRUSTED_PROXIES: '10.0.0.0/8',
      DARKROOM_LIVE_WAIT_S: '0',
      DARKROOM_CDN: 'yes',
      DARKROOM_CORS_ORIGINS: 'https://shop.example/path',
      DARKROOM_PUBLIC_URL: 'shop.example',
      DARKROOM_MODELS: 'default',
      DARKROOM_LOG_LEVEL: 'loud',
    }
    expect(faultsOf(wrong).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      Object.keys(wrong).toSorted((a, b) => (a < b ? -1 : 1)),
    )
    expect(() => parseConfig(wrong)).toThrow('12 faults')
    expect(() => parseConfig({ PORT: 'x' })).toThrow(
      'PORT: must be a whole number from 0 to 65535 (docs/configuration.md#port)',
    )
  })

  test.each(['-1', '1.5', '1e3', ' 1', '0x10', '65536', 'NaN', '99999999999999999999'])(
    'PORT=%j is refused',
    (port) => {
      expect(faultsOf({ PORT: port })).toEqual(['PORT'])
    },
  )

  test.each([
    ['localhost', 'localhost'],
    ['127.0.0.2', '127.0.0.2'],
    ['::1', '::1'],
    ['[::1]', '::1'],
  ])('HOST=%s listens on %s', (text, host) => {
    expect(parseConfig({ HOST: text }).host).toBe(host)
  })

  test.each(['0.0.0.0', '::', '192.168.1.5', 'example.com', '127.0.0.1.example.com'])(
    'HOST=%s is refused while there are no keys',
    (host) => {
      expect(faultsOf({ HOST: host })).toEqual(['HOST'])
    },
  )

  test.each([
    ['file:/srv/pictures', '/srv/pictures'],
    ['file:///srv/pictures', '/srv/pictures'],
    ['file:pictures', resolve('pictures')],
  ])('DARKROOM_STORAGE=%s is the folder %s', (text, folder) => {
    expect(parseConfig({ DARKROOM_STORAGE: text }).storage).toEqual({ kind: 'file', directory: folder })
  })

  test('pictures lie in the data folder unless it is said otherwise', () => {
    expect(parseConfig({ DARKROOM_DATA: '/srv/data' }).storage).toEqual({
      kind: 'file',
      directory: '/srv/data/objects',
    })
  })

  const key = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }

  test('pictures may lie in a bucket, reached by the usual variables', () => {
    const amazon = { DARKROOM_STORAGE: 's3://pictures/a/b', AWS_DEFAULT_REGION: 'eu-central-1', ...key }
    expect(parseConfig(amazon).storage).toEqual({
      kind: 's3',
      location: {
        endpoint: 'https://s3.eu-central-1.amazonaws.com',
        bucket: 'pictures',
        prefix: 'a/b/',
        region: 'eu-central-1',
        accessKeyId: 'id',
        secretAccessKey: 'secret',
      },
    })
    const own = {
      ...amazon,
      AWS_REGION: 'here',
      AWS_ENDPOINT_URL: 'http://other',
      AWS_ENDPOINT_URL_S3: 'http://minio:9000/',
    }
    expect(parseConfig(own).storage).toMatchObject({
      location: { endpoint: 'http://minio:9000', region: 'here' },
    })
  })

  test('a bucket needs its key, and what is there for something else is not looked at', () => {
    const junk = { AWS_REGION: 'a b', AWS_ENDPOINT_URL_S3: 'localhost:9000' }
    expect(faultsOf({ DARKROOM_STORAGE: 's3://pictures', ...junk })).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_REGION',
      'AWS_ENDPOINT_URL_S3',
    ])
    expect(faultsOf({ ...junk, AWS_ACCESS_KEY_ID: 'id' })).toEqual([])
  })

  test('a database URL may name the folder of a Unix socket', () => {
    const url = 'postgres://user:p%40ss@/db?host=%2Frun%2Fpostgresql&port=5433'
    expect(parseConfig({ DATABASE_URL: url }).databaseUrl).toBe(url)
  })

  test('lists are split, URLs lose their last slash', () => {
    const config = parseConfig({
      DARKROOM_CORS_ORIGINS: 'https://a.example, http://localhost:5173 ,',
      DARKROOM_PUBLIC_URL: 'https://pictures.example/',
    })
    expect(config.corsOrigins).toEqual(['https://a.example', 'http://localhost:5173'])
    expect(config.publicUrl).toBe('https://pictures.example')
  })

  test('what the outbound guard lets through is a list of ranges, addresses and hosts', () => {
    const { outboundAllow } = parseConfig({ DARKROOM_OUTBOUND_ALLOW: '127.0.0.1, 10.20.0.0/16,minio' })
    expect(outboundAllow).toEqual(['127.0.0.1', '10.20.0.0/16', 'minio'])
    expect(faultsOf({ DARKROOM_OUTBOUND_ALLOW: 'http://minio/' })).toEqual(['DARKROOM_OUTBOUND_ALLOW'])
  })

  test('a misspelt variable is noticed, one of ours or of others is not', () => {
    const environment = {
      DARKROOM_STORRAGE: 'x',
      DARKROOM_STORAGE: 'file:x',
      HOME: '/',
      DARKROOM_TRACE_DIR: 'x',
    }
    expect(unknownVariables(environment)).toEqual(['DARKROOM_STORRAGE'])
  })
})

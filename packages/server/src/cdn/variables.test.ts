import { describe, expect, test } from 'vitest'
import { ConfigError, parseVariables } from '../config-variable.ts'
import { cdnAdapters, tagFieldsOf } from './adapters.ts'
import type { CdnSettings } from './variables.ts'
import { cdnSettingsOf, cdnVariables } from './variables.ts'

function read(environment: Record<string, string>): CdnSettings {
  const aws = {
    AWS_ACCESS_KEY_ID: environment['AWS_ACCESS_KEY_ID'],
    AWS_SECRET_ACCESS_KEY: environment['AWS_SECRET_ACCESS_KEY'],
  }
  return cdnSettingsOf({ ...parseVariables(cdnVariables, environment), ...aws })
}

function faultsOf(environment: Record<string, string>): string[] {
  try {
    read(environment)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const { message } of error.faults) expect(message).not.toContain('secret')
    return error.faults.map(({ variable }) => variable)
  }
}

describe('DARKROOM_CDN', () => {
  test('names CDNs, of which several Varnishes are several', () => {
    const settings = read({
      DARKROOM_CDN: 'fastly, varnish,fastly',
      FASTLY_SERVICE_ID: 'SU1',
      FASTLY_API_TOKEN: 't',
      VARNISH_URLS: 'http://a:6081/, http://b:6081,http://a:6081',
    })
    expect(cdnAdapters(settings).map(({ name }) => name)).toEqual([
      'fastly',
      'varnish:a:6081',
      'varnish:b:6081',
    ])
    expect(tagFieldsOf(settings)?.map(({ field }) => field)).toEqual(['surrogate-key', 'xkey'])
    expect(settings.repeatMs).toBe(10_000)
  })

  test('on and off call nobody', () => {
    expect(tagFieldsOf(read({}))).toBe(undefined)
    expect(tagFieldsOf(read({ DARKROOM_CDN: 'on' }))?.map(({ field }) => field)).toEqual([
      'cache-tag',
      'surrogate-key',
    ])
    expect(cdnAdapters(read({ DARKROOM_CDN: 'on' }))).toEqual([])
  })

  test.each([
    [{ DARKROOM_CDN: 'akamai' }, ['DARKROOM_CDN']],
    [{ DARKROOM_CDN: 'on,fastly' }, ['DARKROOM_CDN']],
    [{ DARKROOM_CDN: ',' }, ['DARKROOM_CDN']],
    [
      { DARKROOM_CDN: 'cloudflare,bunny' },
      ['CLOUDFLARE_ZONE_ID', 'CLOUDFLARE_API_TOKEN', 'BUNNY_PULL_ZONE_ID', 'BUNNY_API_KEY'],
    ],
    [{ DARKROOM_CDN: 'varnish' }, ['VARNISH_URLS']],
    [
      { DARKROOM_CDN: 'cloudfront', CLOUDFRONT_DISTRIBUTION_ID: 'E1' },
      ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    ],
    [{ VARNISH_URLS: 'http://user:secret@a' }, ['VARNISH_URLS']],
    [{ VARNISH_URLS: 'a:6081' }, ['VARNISH_URLS']],
    [{ FASTLY_API_TOKEN: 'a secret\n' }, ['FASTLY_API_TOKEN']],
    [{ CLOUDFLARE_ZONE_ID: '../zones/another' }, ['CLOUDFLARE_ZONE_ID']],
    [{ DARKROOM_EDGE_PURGE_KEY: 'secret' }, ['DARKROOM_EDGE_PURGE_KEY']],
    [{ DARKROOM_CDN_REPEAT_S: '-1' }, ['DARKROOM_CDN_REPEAT_S']],
  ])('%o names what is at fault', (environment, faults) => {
    expect(faultsOf(environment as Record<string, string>)).toEqual(faults)
  })
})

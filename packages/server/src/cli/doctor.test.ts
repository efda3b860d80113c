import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { doctorCommand } from './doctor.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-doctor-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

test.each([
  'postgres://shop:S3cretWord@127.0.0.1:port/shop',
  'postgres://shop:S3cretWord@127.0.0.1:1/shop',
  'postgres://shop:S3cretWord@127.0.0.1:1/shop?sslmode=verify-full&sslcert=/there/is/none.pem',
])('a database that cannot be used is a failed check, which shows no password: %s', async (url) => {
  let printed = ''
  const print = (text: string): void => void (printed += text)
  const environment = { DARKROOM_DATA: folder, DATABASE_URL: url }
  const code = await doctorCommand({ json: true }, { environment, stdout: print, stderr: print })
  expect(code).toBe(1)
  const { checks } = JSON.parse(printed) as { checks: { name: string; ok: boolean }[] }
  expect(checks.find(({ name }) => name === 'DATABASE_URL')).toMatchObject({ ok: false })
  // Those behind it were made all the same.
  expect(checks.some(({ name }) => name.startsWith('backend'))).toBe(true)
  expect(printed).not.toContain('S3cretWord')
})

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeOwnerLock } from './owner-lock.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('is held by one taker until it is released, and is nobody else’s to read', async () => {
  const lock = await takeOwnerLock(folder)
  expect((await stat(join(folder, 'owner.lock'))).mode & 0o777).toBe(0o600)
  expect(JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8'))).toMatchObject({ pid: process.pid })
  await expect(takeOwnerLock(folder)).rejects.toMatchObject({ code: 'DATA_IN_USE' })
  await expect(takeOwnerLock(folder)).rejects.toThrow(`process ${process.pid}`)
  await lock.release()
  await lock.release()
  const again = await takeOwnerLock(folder)
  await again.release()
})

test('the name that a dead owner left is no lock', async () => {
  await writeFile(join(folder, 'owner.json'), JSON.stringify({ pid: process.ppid, host: 'here' }))
  const lock = await takeOwnerLock(folder)
  expect(JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8'))).toMatchObject({ pid: process.pid })
  await lock.release()
})

test('an owner whose name cannot be read is still an owner', async () => {
  const lock = await takeOwnerLock(folder)
  await writeFile(join(folder, 'owner.json'), '{"pi')
  await expect(takeOwnerLock(folder)).rejects.toThrow(/just starting/)
  await lock.release()
})

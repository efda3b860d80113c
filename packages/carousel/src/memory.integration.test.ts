import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testPhoto } from './testing/test-bases.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-memory-'))
  await writeFile(join(folder, 'base.jpg'), await testPhoto(2160, 2700).jpeg({ quality: 90 }).toBuffer())
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Peak RSS in megabytes of a process that makes so many of six slides. */
async function peakMb(slides: number): Promise<number> {
  const script = join(import.meta.dirname, 'testing/peak-memory.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    String(slides),
    join(folder, 'base.jpg'),
  ])
  return Number(stdout) / 1e6
}

test('six slides take at most 60 MB more than one, and 260 MB in all', async () => {
  const one = await peakMb(1)
  const six = await peakMb(6)
  // A process that did nothing would pass the rest.
  expect(one).toBeGreaterThan(50)
  expect(six - one).toBeLessThanOrEqual(60)
  expect(six).toBeLessThanOrEqual(260)
})

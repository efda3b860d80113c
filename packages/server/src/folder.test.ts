import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeFolder } from './folder.ts'

let base: string

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'darkroom-folder-'))
})

afterEach(async () => {
  await rm(base, { recursive: true })
})

describe('makeFolder', () => {
  test('makes parents, and is content with what exists', async () => {
    await makeFolder(join(base, 'a', 'b', 'c'))
    await makeFolder(join(base, 'a', 'b', 'c'))
    expect((await stat(join(base, 'a', 'b', 'c'))).isDirectory()).toBe(true)
  })

  test('a file in the way is an error', async () => {
    await writeFile(join(base, 'file'), '')
    await expect(makeFolder(join(base, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(makeFolder(join(base, 'file', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  test.runIf(process.platform === 'linux')(
    'a file system that makes nothing is an error, not an endless loop',
    async () => {
      await expect(makeFolder('/proc/darkroom/below')).rejects.toMatchObject({ code: 'ENOENT' })
    },
  )
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parsePostmasterPid } from './postmaster-pid.ts'
import { findProcess, findProcesses, isPidTaken } from './process-table.ts'
import { createRuntimeFolder, removeRuntimeFolder } from './runtime-folder.ts'

describe('postmaster.pid', () => {
  const text = '4711\n/data\n1763720000\n5432\n/tmp/darkroom-db-x\n\n  1234   5\nready   \n'

  test('tells process, socket and status', () => {
    expect(parsePostmasterPid(text)).toEqual({
      pid: 4711,
      port: 5432,
      socketDir: '/tmp/darkroom-db-x',
      status: 'ready',
    })
  })

  test('that is only begun has no status yet', () => {
    expect(parsePostmasterPid('4711\n/data\n1763720000\n5432\n')?.status).toBeUndefined()
  })

  test.each(['', '\n', '-4711\n', '0\n', '1\n', 'junk\n'])('%j names no server', (junk) => {
    expect(parsePostmasterPid(junk)).toBeUndefined()
  })
})

describe('the process table', () => {
  test('knows a living process by its command line, and not a dead one', async () => {
    const child = spawn('sleep', ['1234.5'])
    await once(child, 'spawn')
    const pid = child.pid ?? 0
    expect((await findProcess(pid))?.command).toContain('1234.5')
    expect(
      await findProcesses((command) => command.includes('sleep') && command.includes('1234.5')),
    ).toContainEqual(expect.objectContaining({ pid }))
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await findProcess(pid)).toBeUndefined()
  })

  test.runIf(process.platform === 'linux')('takes a zombie for dead, where kill(2) does not', async () => {
    // The shell becomes a program that never asks for its child's end. Not before that may the child end, or the
    // shell itself would ask: it waits for the end of what it reads.
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    })
    try {
      const [line] = (await once(parent.stdio[1] as Readable, 'data')) as [Buffer]
      const zombie = Number(line.toString())
      const program = async (): Promise<string> => await readFile(`/proc/${parent.pid}/cmdline`, 'utf8')
      while (!(await program()).startsWith('sleep')) await new Promise(setImmediate)
      parent.stdio[3]?.destroy()
      const isZombie = async (): Promise<boolean> =>
        /\) Z /.test(await readFile(`/proc/${zombie}/stat`, 'utf8'))
      while (!(await isZombie())) await new Promise(setImmediate)
      expect(isPidTaken(zombie)).toBe(true)
      expect(await findProcess(zombie)).toBeUndefined()
    } finally {
      parent.kill('SIGKILL')
    }
  })
})

describe('the folder of the socket', () => {
  let dataDir: string

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'darkroom-test-'))
  })
  afterEach(() => rm(dataDir, { recursive: true, force: true }))

  test('is found again and removed by the next start', async () => {
    const folder = await createRuntimeFolder(dataDir, undefined)
    expect(Buffer.byteLength(join(folder, '.s.PGSQL.5432.lock'))).toBeLessThanOrEqual(107)
    await removeRuntimeFolder(dataDir)
    await removeRuntimeFolder(dataDir)
    await expect(readdir(folder)).rejects.toThrow('ENOENT')
    expect(await readdir(dataDir)).toEqual([])
  })

  test.each([
    ['of another name', 'precious', 0o700],
    ['that others may enter', 'darkroom-db-precious', 0o755],
  ])('a folder %s is not ours to remove, whatever the link says', async (_, name, mode) => {
    await mkdir(join(dataDir, name, 'kept'), { recursive: true })
    await chmod(join(dataDir, name), mode)
    await symlink(join(dataDir, name), join(dataDir, 'run'))
    await removeRuntimeFolder(dataDir)
    expect(await readdir(dataDir)).toEqual([name])
    expect(await readdir(join(dataDir, name))).toEqual(['kept'])
  })
})

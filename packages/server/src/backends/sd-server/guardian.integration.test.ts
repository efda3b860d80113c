import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const sdProgram = join(import.meta.dirname, 'testing/sd-program.ts')
const owner = join(import.meta.dirname, 'testing/owner-program.ts')

/** Settles when a file has a line that begins so. */
async function lineIn(folder: string, name: string, start: string): Promise<string> {
  const find = (): string | undefined => {
    try {
      return readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .find((line) => line.startsWith(start))
    } catch {
      return undefined
    }
  }
  const watcher = watch(folder)
  try {
    for (let line = find(); ; line = find()) {
      if (line !== undefined) return line
      await once(watcher, 'change')
    }
  } finally {
    watcher.close()
  }
}

test('a child does not outlive its owner, not even when that is killed with -9', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-guardian-'))
  try {
    const log = join(folder, 'log')
    const owning = spawn(process.execPath, [owner, process.execPath, sdProgram, '--log', log], {
      stdio: ['inherit', 'pipe', 'inherit'],
    })
    const started = await lineIn(folder, 'log', 'start ')
    // The warming picture has come. Killed while its server still says so, the owner would take the pipe for that
    // away, and the server would end by itself and not by its guardian.
    await once(owning.stdout, 'data')
    owning.kill('SIGKILL')
    await lineIn(folder, 'log', 'term')
    const pid = Number(started.slice('start '.length))
    const gone = (): boolean => {
      try {
        process.kill(pid, 0)
        return false
      } catch {
        return true
      }
    }
    await expect.poll(gone, { interval: 20, timeout: 10_000 }).toBe(true)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

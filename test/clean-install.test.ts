import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { npmInstall } from './npm.ts'

const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

let directory: string
let checkout: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'darkroom-clean-'))
  // Started by root, PostgreSQL runs as another user and must get at its program and data.
  await chmod(directory, 0o755)
  checkout = join(directory, 'checkout')
  const tracked = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const { stdout } = await run('git', tracked, { cwd: root, maxBuffer: 2 ** 24 })
  for (const file of stdout.split('\0').filter((name) => /^(?:packages\/|package|\.npmrc)/u.test(name))) {
    await mkdir(dirname(join(checkout, file)), { recursive: true })
    // A file that was deleted and is not committed as such is still listed.
    await cp(join(root, file), join(checkout, file)).catch(() => {})
  }
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** The first line of a process's output that matches. @throws Error with all its output when it ends before */
async function lineOf(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  if (child.stdout === null) throw new Error('the process has no output')
  const seen: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    seen.push(line)
    const match = pattern.exec(line)
    if (match !== null) {
      child.stdout.resume()
      return match
    }
  }
  throw new Error(`the process ended without ${pattern}:\n${seen.join('\n')}`)
}

test(
  'a clean checkout installs without scripts and development tools, starts by npm start, and stops by Ctrl-C',
  { timeout: 180_000 },
  async ({ skip }) => {
    const hindrance = await npmInstall(checkout, ['ci', '--ignore-scripts', '--omit=dev'])
    if (hindrance !== undefined) skip(hindrance)

    // A process group of its own, to signal all of it as a terminal's Ctrl-C does.
    const child = spawn('npm', ['start'], {
      cwd: checkout,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PORT: '0', DARKROOM_DATA: join(directory, 'data'), DARKROOM_LOG_LEVEL: 'warn' },
    })
    const ended = once(child, 'exit')
    try {
      const [, url] = await lineOf(child, /^\s+open\s+(http:\/\/127\.0\.0\.1:\d+)\//u)
      const ready = await fetch(`${url}/readyz`)
      expect([ready.status, await ready.text()]).toEqual([200, expect.any(String)])
      // Built here and now, since nothing was at install.
      const page = await fetch(`${url}/dashboard/`)
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('/dashboard/assets/')])
    } finally {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT')
    }
    expect(await ended).toEqual([0, null])
  },
)

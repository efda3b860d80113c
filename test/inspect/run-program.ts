import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Report } from '@darkroom/inspect'

const bin = join(import.meta.dirname, '../../packages/server/bin/darkroom.js')
const programs = join(import.meta.dirname, 'programs')

/** How a program ended. */
export interface ProgramEnd {
  stdout: Buffer
  stderr: string
  code: number | null
  signal: NodeJS.Signals | null
}

/** A watched program, and what was found. */
export interface WatchedEnd extends ProgramEnd {
  report: Report
}

/** What a program is given. */
export interface ProgramOptions {
  environment?: Readonly<Record<string, string>>
  /** Before `--`. */
  options?: readonly string[]
  /** The Node that runs the program. Default: this one. */
  node?: string
  stdin?: Buffer
  /** Called with what was printed so far, to send signals. */
  onPrint?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
}

/** Runs one of `programs/` as it is. */
export function runPlain(program: string, options: ProgramOptions = {}): Promise<ProgramEnd> {
  return runToEnd(options.node ?? process.execPath, [program], options)
}

/** Runs one of `programs/` under `darkroom inspect`. */
export async function runWatched(program: string, options: ProgramOptions = {}): Promise<WatchedEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'inspect-test-'))
  try {
    const json = join(folder, 'report.json')
    const node = options.node ?? process.execPath
    const command = ['inspect', `--json=${json}`, ...(options.options ?? []), '--', node, program]
    const end = await runToEnd(process.execPath, [bin, ...command], options)
    const report = JSON.parse(await readFile(json, 'utf8').catch(() => 'null')) as Report | null
    if (report === null) throw new Error(`no report was written: ${end.stderr}`)
    return { ...end, report }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function runToEnd(command: string, args: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const child = spawn(command, args, {
    cwd: programs,
    env: { PATH: process.env['PATH'], ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.stdin ?? '')
  const stdout: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout.push(chunk)
    options.onPrint?.(Buffer.concat(stdout).toString(), (signal) => child.kill(signal))
  })
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ stdout: Buffer.concat(stdout), stderr, code, signal }))
  })
}

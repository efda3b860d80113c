import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { analyse } from '../analyse/analyse.ts'
import { withSourceLines } from '../analyse/source-maps.ts'
import { parseEvents } from '../analyse/timeline.ts'
import type { ProbeEvent } from '../probe/events.ts'
import { folderVariable } from '../probe/preload.ts'
import type { Report } from '../report/report.ts'
import { emitProbe } from './emit-probe.ts'

/** How a watched command ended, and what was seen. */
export interface CommandRun {
  report: Report
  /** Its exit code, or null when a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
}

/** How to run it. */
export interface RunCommandOptions {
  environment: Readonly<Record<string, string | undefined>>
  /** Default: the working directory of this process. */
  folder?: string
}

/** A command that cannot be started: its `code` is that of the operating system, `ENOENT` above all. */
export class CommandStartError extends Error {
  override readonly name = 'CommandStartError'
  readonly code: string

  constructor(command: string, code: string) {
    super(
      code === 'ENOENT'
        ? `${command}: there is no such command`
        : `${command}: it cannot be started (${code})`,
    )
    this.code = code
  }
}

/** Signals that are handed on. The terminal sends Ctrl-C to the command by itself. */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const

/**
 * Runs a command with the probe in every Node process and thread of it, to its end. Its input and output are those
 * of this process; nothing is read from them or written to them here.
 * @throws CommandStartError
 */
export async function runCommand(
  command: readonly string[],
  options: RunCommandOptions,
): Promise<CommandRun> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-inspect-'))
  try {
    const probe = join(folder, 'probe.cjs')
    await emitProbe(probe)
    const events = join(folder, 'events')
    const { code, signal } = await runToEnd(command, options, probe, events)
    const threads = await readThreads(events)
    return { report: analyse(withSourceLines(threads), options.folder ?? process.cwd()), code, signal }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function runToEnd(
  command: readonly string[],
  options: RunCommandOptions,
  probe: string,
  events: string,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  const [file = '', ...args] = command
  const child = spawn(file, args, {
    stdio: 'inherit',
    cwd: options.folder,
    env: {
      ...options.environment,
      [folderVariable]: events,
      NODE_OPTIONS: withRequire(options.environment['NODE_OPTIONS'], probe),
    },
  })
  const isTerminal = process.stdin.isTTY || process.stderr.isTTY
  const forward = (signal: NodeJS.Signals): void => {
    if (!(signal === 'SIGINT' && isTerminal)) child.kill(signal)
  }
  for (const signal of forwarded) process.on(signal, forward)
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(new CommandStartError(file, error.code ?? 'unknown')),
    )
    child.on('exit', (code, signal) => resolve({ code, signal }))
  }).finally(() => {
    for (const signal of forwarded) process.off(signal, forward)
  }) as Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Node reads the variable like a shell: quotes around a path with spaces, a backslash before its own. */
function withRequire(before: string | undefined, probe: string): string {
  const quoted = `--require="${probe.replaceAll(/["\\]/gu, String.raw`\$&`)}"`
  return before === undefined || before === '' ? quoted : `${before} ${quoted}`
}

async function readThreads(folder: string): Promise<Map<string, ProbeEvent[]>> {
  const threads = new Map<string, ProbeEvent[]>()
  // No Node was started, or none could write.
  const names = await readdir(folder).catch((): string[] => [])
  for (const name of names)
    threads.set(name.replace(/\.ndjson$/u, ''), parseEvents(await readFile(join(folder, name), 'utf8')))
  return threads
}

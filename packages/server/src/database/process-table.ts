import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** One process of this machine, as far as the launcher cares. */
export interface ProcessEntry {
  readonly pid: number
  /** The command line, or the title that the process gave itself. */
  readonly command: string
}

const execute = promisify(execFile)

/**
 * A living process, or `undefined` when it is gone. A zombie counts as gone: it still answers to `kill(pid, 0)`,
 * by which PostgreSQL itself would be fooled. The command line is readable for every user, unlike `/proc/…/cwd`,
 * which root in a container may not read of another user's process.
 */
export async function findProcess(pid: number): Promise<ProcessEntry | undefined> {
  if (process.platform !== 'linux') return (await listWithPs(['-p', String(pid)]))[0]
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ])
    // The second field is the program's name in brackets and may itself contain brackets and spaces.
    const state = stat.slice(stat.lastIndexOf(')') + 2)[0]
    if (state === 'Z' || state === 'X') return undefined
    return { pid, command: command.replaceAll('\0', ' ') }
  } catch {
    return undefined
  }
}

/** Every living process, but this one, whose command line or title is accepted. */
export async function findProcesses(accepts: (command: string) => boolean): Promise<ProcessEntry[]> {
  const entries = process.platform === 'linux' ? await listProc() : await listWithPs(['-A'])
  return entries.filter((entry) => entry.pid !== process.pid && accepts(entry.command))
}

/** Whether the number is taken at all, zombies included: whether PostgreSQL would respect a lock file naming it. */
export function isPidTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Sends a signal; a process that has just gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function listProc(): Promise<ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  return (await Promise.all(pids.map(findProcess))).filter((entry) => entry !== undefined)
}

async function listWithPs(selection: readonly string[]): Promise<ProcessEntry[]> {
  // `ps -p` exits with 1 when there is no such process.
  const { stdout } = await execute('ps', [...selection, '-ww', '-o', 'pid=,stat=,command=']).catch(() => ({
    stdout: '',
  }))
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line)
    if (match === null || match[2]?.startsWith('Z')) return []
    return [{ pid: Number(match[1]), command: match[3] ?? '' }]
  })
}

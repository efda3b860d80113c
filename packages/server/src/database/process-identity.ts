import { readFile, readlink } from 'node:fs/promises'
import { isPidTaken } from './process-table.ts'

/** One process among all that this machine, and any other, ever runs. */
export interface ProcessIdentity {
  /**
   * The boot of the machine, the namespace in which the process has its number, and that of its network: another one may
   * be cut off from the database while the process lives on.
   */
  readonly machine: string
  readonly pid: number
  /** When it started, in clock ticks since the boot: a number that is given out again is told apart by it. */
  readonly start: string
}

/** Of a process that runs here; `undefined` where the system does not tell (it does on Linux). */
export async function identityOf(pid: number = process.pid): Promise<ProcessIdentity | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    const [boot, processes, network, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
      readlink('/proc/self/ns/net'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ])
    const { start } = fieldsOf(stat)
    return start === undefined ? undefined : { machine: `${boot.trim()} ${processes} ${network}`, pid, start }
  } catch {
    return undefined
  }
}

/**
 * Whether a process of this machine has ended. A zombie has: all that it held has been given back.
 * @param identity of this machine: the caller compares
 */
export async function hasEnded({ pid, start }: ProcessIdentity): Promise<boolean> {
  try {
    const found = fieldsOf(await readFile(`/proc/${pid}/stat`, 'utf8'))
    return found.start !== start || found.state === 'Z' || found.state === 'X'
  } catch {
    // Some systems hide the files of other users' processes, but no system hides that the number is taken.
    return !isPidTaken(pid)
  }
}

/** proc(5): the second field is the program's name in brackets and may itself contain brackets and spaces. */
function fieldsOf(stat: string): { state: string | undefined; start: string | undefined } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0], start: fields[19] }
}

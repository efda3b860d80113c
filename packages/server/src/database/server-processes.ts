import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessEntry } from './process-table.ts'
import { findProcess, findProcesses, signalProcess } from './process-table.ts'

/** Whether the process lives and is a server of this cluster, not a stranger to whom its number was given. */
export async function isPostmaster(pid: number, clusterName: string): Promise<boolean> {
  return isServer(await findProcess(pid), clusterName)
}

/** The server and all its children. */
export function findServerProcesses(clusterName: string): Promise<ProcessEntry[]> {
  return findProcesses(
    (command) =>
      command.startsWith(`postgres: ${clusterName}: `) || isPostmasterCommand(command, clusterName),
  )
}

/** Waits for the server to end. @returns false when it is still there after `timeoutMs` */
export async function waitForExit(pid: number, clusterName: string, timeoutMs: number): Promise<boolean> {
  return waitUntil(async () => {
    const found = await findProcess(pid)
    // In the middle of its end a process has no command line any more and is no zombie yet.
    return found !== undefined && found.command === '' ? false : !isServer(found, clusterName)
  }, timeoutMs)
}

/**
 * Ends a server: fast shutdown (sessions are closed, a checkpoint is written), then immediate shutdown (the next
 * start replays the log), then kill. Returns at once when it is not there.
 * @throws Error when it survives all three
 */
export async function stopPostmaster(
  pid: number,
  clusterName: string,
  fastTimeoutMs = 15_000,
): Promise<void> {
  const steps = [
    { signal: 'SIGINT', timeoutMs: fastTimeoutMs },
    { signal: 'SIGQUIT', timeoutMs: 6000 },
    { signal: 'SIGKILL', timeoutMs: 5000 },
  ] as const
  for (const { signal, timeoutMs } of steps) {
    if (!(await isPostmaster(pid, clusterName))) return
    signalProcess(pid, signal)
    if (await waitForExit(pid, clusterName, timeoutMs)) return
  }
  throw new Error(`The embedded database, process ${pid}, cannot be stopped.`)
}

/**
 * Ends what outlived a server that was killed. A session in the middle of a long statement does not notice its
 * server's death until the statement ends, and writes into the files of the next server until then.
 */
export async function endOrphans(clusterName: string): Promise<void> {
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    const orphans = await findServerProcesses(clusterName)
    if (orphans.length === 0) return
    for (const { pid } of orphans) signalProcess(pid, signal)
    await waitUntil(async () => (await findServerProcesses(clusterName)).length === 0, 5000)
  }
}

function isServer(found: ProcessEntry | undefined, clusterName: string): boolean {
  return found !== undefined && isPostmasterCommand(found.command, clusterName)
}

function isPostmasterCommand(command: string, clusterName: string): boolean {
  return command.includes('postgres -D ') && command.includes(` cluster_name=${clusterName} `)
}

async function waitUntil(isTrue: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (!(await isTrue())) {
    if (performance.now() > deadline) return false
    await sleep(5)
  }
  return true
}

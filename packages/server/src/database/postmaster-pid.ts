import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** How far the server says it is. */
export type PostmasterStatus = 'starting' | 'ready' | 'stopping' | 'standby'

/** What a running (or killed) server left in its `postmaster.pid`. */
export interface PostmasterPid {
  readonly pid: number
  readonly port: number
  readonly socketDir: string
  /** `undefined` until the server has written its status. */
  readonly status: PostmasterStatus | undefined
}

/** Name of PostgreSQL's own lock file in a cluster. */
export const postmasterPidFile = 'postmaster.pid'

const statuses: readonly string[] = ['starting', 'ready', 'stopping', 'standby'] satisfies PostmasterStatus[]

/** Reads the lock file of a cluster; `undefined` where there is none, or none that names a process. */
export async function readPostmasterPid(clusterDir: string): Promise<PostmasterPid | undefined> {
  let text: string
  try {
    text = await readFile(join(clusterDir, postmasterPidFile), 'utf8')
  } catch {
    return undefined
  }
  return parsePostmasterPid(text)
}

/**
 * Lines, as PostgreSQL's documentation of `postmaster.pid` has them: process id, data folder, start time, port,
 * socket folder, listen address, shared memory key, status.
 */
export function parsePostmasterPid(text: string): PostmasterPid | undefined {
  const [pid, , , port, socketDir, , , status] = text.split('\n')
  if (pid === undefined || !/^\d+$/.test(pid.trim()) || Number(pid) <= 1) return undefined
  const trimmed = status?.trim() ?? ''
  return {
    pid: Number(pid),
    port: Number(port ?? 0),
    socketDir: socketDir ?? '',
    status: statuses.includes(trimmed) ? (trimmed as PostmasterStatus) : undefined,
  }
}

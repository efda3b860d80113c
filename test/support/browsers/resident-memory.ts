import { readdir, readFile } from 'node:fs/promises'

/**
 * Resident memory of all processes that this one has started, and of those that these have: a browser is many.
 * @returns bytes; `undefined` where this is no Linux
 */
export async function residentBytesOfChildren(): Promise<number | undefined> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/u.test(name))
  if (pids.length === 0) return undefined
  const processes = new Map<number, { parent: number; bytes: number }>()
  for (const pid of pids) {
    // One that has ended meanwhile has none.
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    const read = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'mu').exec(status)?.[1] ?? 0)
    processes.set(Number(pid), { parent: read('PPid'), bytes: read('VmRSS') * 1024 })
  }
  const isOurs = (pid: number): boolean => {
    for (let at = processes.get(pid)?.parent; at !== undefined && at !== 0; at = processes.get(at)?.parent)
      if (at === process.pid) return true
    return false
  }
  let sum = 0
  for (const [pid, { bytes }] of processes) if (isOurs(pid)) sum += bytes
  return sum
}

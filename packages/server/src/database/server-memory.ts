import { readFile } from 'node:fs/promises'
import type { ProcessEntry } from './process-table.ts'

/**
 * Memory of some processes in bytes: the sum of their proportional set sizes (proc(5), `smaps_rollup`), which counts
 * a shared page once over all who share it. `undefined` where the system does not tell (macOS, or root in a
 * container that may not look into another user's process).
 */
export async function proportionalBytes(processes: readonly ProcessEntry[]): Promise<number | undefined> {
  const sizes = await Promise.all(
    processes.map(async ({ pid }) => {
      const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
      const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1]
      return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
    }),
  )
  const known = sizes.filter((size) => size !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, size) => sum + size, 0)
}

import { variants } from './variants.ts'
import type { Ask, VariantName } from './variants.ts'

/** What one carousel took, from the ask to the last slide. */
export interface Took {
  wallMs: number
  /** User and system, of all threads. */
  cpuMs: number
  /** The largest resident set so far. */
  peakRssMb: number
  /** Of all slides together. */
  bytes: number
}

if (import.meta.main) {
  const make = await variants[process.argv[2] as VariantName].load()
  process.on('message', (ask: Ask) => void answer(ask))
  process.send?.('ready')

  async function answer(ask: Ask): Promise<void> {
    const cpu = process.cpuUsage()
    const startedAt = performance.now()
    const bytes = await make(ask)
    const wallMs = performance.now() - startedAt
    const { user, system } = process.cpuUsage(cpu)
    const took: Took = {
      wallMs,
      cpuMs: (user + system) / 1000,
      peakRssMb: process.resourceUsage().maxRSS / 1024,
      bytes,
    }
    process.send?.(took)
  }
}

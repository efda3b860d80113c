import { readFile, writeFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { round } from '../result.ts'

/** Memory and the main thread of a fresh page while it makes 1080 pixels of a 12 MP photograph. */
export async function pageCostRows(
  browser: Browser,
  url: string,
): Promise<Record<string, string | number>[]> {
  const rows: Record<string, string | number>[] = []
  for (const light of ['linear', 'srgb'] as const) {
    const page = await browser.newPage()
    await page.goto(url)
    await page.waitForFunction('globalThis.pageReady === true')
    await page.evaluate(`prepareCost()`)
    const before = await rendererMemory(browser, true)
    await page.evaluate(`runCost(${JSON.stringify(light)}, 1)`)
    const peak = await rendererMemory(browser, false)
    const grown = Array.from(peak, ([pid, { highKb }]) => highKb - (before.get(pid)?.nowKb ?? highKb))
    const longTasks = (await page.evaluate(`runCost(${JSON.stringify(light)}, 5)`)) as number
    rows.push({ light, peakMb: round(Math.max(0, ...grown) / 1000, 0), longTasks })
    await page.close()
  }
  return rows
}

interface Memory {
  nowKb: number
  /** The most since it was last reset. */
  highKb: number
}

/** Resident memory of every renderer process, as Linux counts it; nothing elsewhere. */
async function rendererMemory(browser: Browser, reset: boolean): Promise<Map<number, Memory>> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  const found = new Map<number, Memory>()
  for (const { id, type } of processInfo) {
    if (type !== 'renderer') continue
    try {
      if (reset) await writeFile(`/proc/${id}/clear_refs`, '5')
      const status = await readFile(`/proc/${id}/status`, 'utf8')
      const read = (name: string): number =>
        Number(new RegExp(`^${name}:\\s+(\\d+)`, 'mu').exec(status)?.[1] ?? 0)
      found.set(id, { nowKb: read('VmRSS'), highKb: read('VmHWM') })
    } catch {
      // It has ended, or this is no Linux.
    }
  }
  return found
}

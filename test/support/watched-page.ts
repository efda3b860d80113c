import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'

/** The machine's browser; `undefined` where none is installed. */
export const executablePath: string | undefined = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(existsSync)

/** Stands at the end of a skipped test's name. */
export const reason: string = executablePath === undefined ? ' (skipped: no Chromium is installed here)' : ''

export const sizes = {
  phone: { width: 390, height: 844 },
  laptop: { width: 1366, height: 820 },
  wide: { width: 1920, height: 1080 },
} as const

/** A page that notes what a visitor must never cause: errors, refused assets, dialogs. */
export interface Watched {
  page: Page
  context: BrowserContext
  faults: string[]
}

export interface WatchedOptions {
  size?: keyof typeof sizes
  colorScheme?: 'light' | 'dark'
}

/** A new page. @param origin of the server that it may ask; anything else that it asks is a fault */
export async function watchedPage(
  browser: Browser,
  origin: string,
  { size = 'laptop', colorScheme = 'light' }: WatchedOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: sizes[size], colorScheme })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    const asked = new URL(request.url())
    if (asked.origin !== origin && asked.protocol.startsWith('http')) faults.push(`asked ${request.url()}`)
  })
  return { page, context, faults }
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe-core (WCAG 2.2 A and AA) finds that is serious or critical. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // By the debugger, and not as a script of the page: its policy lets no other script in.
  await page.evaluate(await readFile(axePath, 'utf8'))
  return await page.evaluate(async () => {
    interface Axe {
      run(options: object): Promise<{
        violations: { id: string; impact: string | null; nodes: { html: string }[] }[]
      }>
    }
    const { axe } = globalThis as unknown as { axe: Axe }
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
    const { violations } = await axe.run({ runOnly })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  })
}

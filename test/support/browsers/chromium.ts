import { existsSync } from 'node:fs'
import type { BrowserContext, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import type { BrowserKind, TestPage, TestProfile } from './browser.ts'
import { asJson, fromJson } from './browser.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
)

/** Debian's Chromium, by playwright-core. */
export const chromiumKind: BrowserKind = {
  name: 'Chromium',
  missing: executablePath === undefined ? 'no Chromium is installed here' : undefined,
  launch: async () => {
    const browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] })
    return {
      newProfile: async ({ pixelRatio = 1 } = {}) =>
        profileOf(
          await browser.newContext({
            viewport: { width: 1000, height: 800 },
            deviceScaleFactor: pixelRatio,
          }),
        ),
      close: () => browser.close(),
    }
  },
}

function profileOf(context: BrowserContext): TestProfile {
  return { newPage: async () => pageOf(await context.newPage()), close: () => context.close() }
}

function pageOf(page: Page): TestPage {
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  return {
    complaints,
    goto: async (url) => void (await page.goto(url)),
    evaluate: async (expression) => fromJson(await page.evaluate(asJson(expression))),
    press: (key) => page.keyboard.press(key),
    close: () => page.close(),
  }
}

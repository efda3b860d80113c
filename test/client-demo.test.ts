import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import { startDemo } from '../examples/client/serve.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
)
const reason = executablePath === undefined ? ' (skipped: no Chromium is installed here)' : ''

test.skipIf(executablePath === undefined)(
  `the demo shows six sizes of one fetched rung, under its own policy${reason}`,
  async () => {
    const demo = await startDemo(join(import.meta.dirname, '../docs/pictures/sailboat.jpg'))
    const browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] })
    try {
      const page = await browser.newPage({ viewport: { width: 1300, height: 1500 } })
      const complaints: string[] = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url().replace(demo.url, '/')))
      await page.goto(demo.url)
      await page.waitForSelector('html[data-ready]')
      await page.waitForSelector('#client figure:nth-child(5) canvas', { state: 'attached' })
      if (process.env['DEMO_SCREENSHOT'] !== undefined)
        await page.screenshot({ path: process.env['DEMO_SCREENSHOT'] })
      expect(new Set(asked.filter((url) => url.startsWith('/images/client')))).toEqual(
        new Set(['/images/client?w=1080&format=auto']),
      )
      expect(asked.filter((url) => url.startsWith('/images/server'))).toHaveLength(6)
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
      await demo.close()
    }
  },
)

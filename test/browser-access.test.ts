import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command } from './support/access-platform.ts'
import type { ServerProcess } from './support/server-process.ts'
import { makeDataDir, removeDataDir, startServer } from './support/server-process.ts'

/** The rules of access off, from a real browser: what a page of another site can do to a server on this machine. */

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
)
const reason = executablePath === undefined ? ' (skipped: no Chromium is installed here)' : ''

let server: ServerProcess
let dataDir: string
let browser: Browser
let attacker: Server
let page: Page
/** What the attacker's site answers next. */
let html = ''

beforeAll(async () => {
  if (executablePath === undefined) return
  dataDir = await makeDataDir()
  server = await startServer({ dataDir })
  attacker = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(html)
  })
  await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve))
  const { port } = attacker.address() as AddressInfo
  browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      // Names that are not loopback to the browser: the attacker's own, and one that was made to lead to us.
      `--host-resolver-rules=MAP attacker.example 127.0.0.1:${port}, MAP rebound.example 127.0.0.1`,
      '--disable-features=LocalNetworkAccessChecks',
    ],
  })
})

afterAll(async () => {
  if (executablePath === undefined) return
  await browser.close()
  attacker.close()
  await server.end('SIGTERM')
  await removeDataDir(dataDir)
})

/** Opens a page of the attacker and runs something in it. */
async function attack<T>(content: string, run: (opened: Page) => Promise<T>): Promise<T> {
  html = `<!doctype html><title>attack</title><body>${content}`
  page = await browser.newPage()
  try {
    await page.goto('http://attacker.example/')
    return await run(page)
  } finally {
    await page.close()
  }
}

async function requestCount(): Promise<number> {
  const answer = await fetch(`${server.url}/v1/generations?limit=100`)
  return ((await answer.json()) as { items: unknown[] }).items.length
}

/** Whether an image of this address is shown to the page. */
function shows(opened: Page, src: string, attributes: Record<string, string> = {}): Promise<boolean> {
  return opened.evaluate(
    ([source, more]) =>
      new Promise<boolean>((resolve) => {
        const image = document.createElement('img')
        image.addEventListener('load', () => resolve(true))
        image.addEventListener('error', () => resolve(false))
        for (const [name, value] of Object.entries(more)) image.setAttribute(name, value)
        image.src = source
        document.body.append(image)
      }),
    [src, attributes] as const,
  )
}

describe.skipIf(executablePath === undefined)(`a page of another site${reason}`, () => {
  test.each<[string, Record<string, string>]>([
    ['an <img>', {}],
    ['an <img> without a referrer', { referrerpolicy: 'no-referrer' }],
    ['an <img> with CORS', { crossorigin: 'anonymous' }],
  ])('%s causes no generation, and shows what is stored', async (name, attributes) => {
    const url = `${server.url}/live/demo?prompt=${encodeURIComponent(name)}&size=64x64`
    const before = await requestCount()
    expect(await attack('', (opened) => shows(opened, url, attributes))).toBe(false)
    expect(await attack('', (opened) => shows(opened, `${url}&placeholder=1`, attributes))).toBe(false)
    expect(await requestCount()).toBe(before)
    expect((await fetch(url)).status).toBe(200)
    expect(await attack('', (opened) => shows(opened, url, attributes))).toBe(true)
  })

  test.each<[string, string]>([
    ['a frame', '<iframe src="URL"></iframe>'],
    ['a sandboxed frame', '<iframe sandbox="allow-scripts" srcdoc="<img src=\'URL\'>"></iframe>'],
    ['a style', '<style>body{background:url("URL")}</style>'],
    ['a script', '<script src="URL"></script>'],
    ['a prefetch', '<link rel="prefetch" href="URL">'],
    ['a video poster', '<video poster="URL"></video>'],
  ])('%s causes no generation', async (name, content) => {
    const url = `${server.url}/live/demo?prompt=${encodeURIComponent(name)}&size=64x64`
    const before = await requestCount()
    await attack(content.replace('URL', url), async (opened) => {
      await opened.waitForLoadState('networkidle')
    })
    expect(await requestCount()).toBe(before)
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(404)
  })

  test('nor does a navigation', async () => {
    const url = `${server.url}/live/demo?prompt=navigated&size=64x64`
    await attack(`<a href="${url}">x</a>`, async (opened) => {
      await Promise.all([opened.waitForURL(url), opened.click('a')])
      expect(await opened.textContent('body')).toContain('cross_site_refused')
    })
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(404)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
    'a form post (%s) purges nothing',
    async (enctype) => {
      const url = `${server.url}/live/demo?prompt=kept&size=64x64&format=png`
      await fetch(url)
      const form = `<form method="post" enctype="${enctype}" action="${server.url}/v1/purge">
        <input name='{"everything":true,"x":"' value='"}'><button>go</button></form>`
      await attack(form, async (opened) => {
        await Promise.all([opened.waitForURL(`${server.url}/v1/purge`), opened.click('button')])
        expect(await opened.textContent('body')).toContain('cross_site_refused')
      })
      expect((await fetch(url)).headers.get('x-cache-status')).toBe('HIT')
    },
  )

  test('no fetch writes or reads the API, with whatever mode', async () => {
    const before = await requestCount()
    const outcomes = await attack('', (opened) =>
      opened.evaluate(async (origin) => {
        const body = '{"prompt":"a fetch","size":"64x64"}'
        const tried: string[] = []
        for (const init of [
          { method: 'POST', body, mode: 'no-cors' as const },
          { method: 'POST', body, headers: { 'content-type': 'application/json' } },
          { method: 'POST', body: new Blob([body], { type: 'text/plain' }), mode: 'no-cors' as const },
          { method: 'GET' },
        ]) {
          const answer = await fetch(`${origin}/v1/generations`, init).catch(() => undefined)
          // An opaque answer tells the page nothing; what it did is looked at below.
          tried.push(
            answer === undefined ? 'failed' : answer.type === 'opaque' ? 'opaque' : await answer.text(),
          )
        }
        navigator.sendBeacon(`${origin}/v1/generations`, body)
        return tried
      }, server.url),
    )
    for (const outcome of outcomes) expect(['failed', 'opaque']).toContain(outcome)
    expect(await requestCount()).toBe(before)
  })

  test('a name that was made to lead here (DNS rebinding) opens nothing', async () => {
    const { port } = new URL(server.url)
    const opened = await browser.newPage()
    const answer = await opened.goto(`http://rebound.example:${port}/v1/generations`)
    expect(answer?.status()).toBe(403)
    expect(await opened.textContent('body')).toContain('forbidden_host')
    const written = await opened.evaluate(async () => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"prompt":"x"}' }
      return (await fetch('/v1/generations', init)).status
    })
    expect(written).toBe(403)
    await opened.close()
  })
})

describe.skipIf(executablePath === undefined)(`our own page${reason}`, () => {
  test('makes a picture, and hostile prompts are only text on it', async () => {
    const opened = await browser.newPage()
    const dialogs: string[] = []
    opened.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    await opened.goto(server.url)
    await opened.fill('#prompt', '"><img src=x onerror=alert(1)><script>alert(2)</script>')
    await opened.press('#prompt', 'Enter')
    await opened.waitForFunction(() => document.querySelector('#facts')?.textContent !== '')
    await opened.reload()
    await opened.waitForLoadState('networkidle')
    expect(dialogs).toEqual([])
    expect(await opened.locator('img[src="x"]').count()).toBe(0)
    await opened.close()
  })
})

describe.skipIf(executablePath === undefined)(`our own page with access on${reason}`, () => {
  test('asks for a key when it needs one, and then works', async () => {
    const folder = await makeDataDir()
    const environment = { DARKROOM_DATA: folder }
    const { stdout } = await command(['keys', 'create', '--project', 'page'], environment)
    const guarded = await startServer({ dataDir: folder, environment: { DARKROOM_AUTH: 'on' } })
    const opened = await browser.newPage()
    try {
      await opened.goto(guarded.url)
      await opened.waitForSelector('#key:visible')
      await opened.fill('#key', stdout.trim())
      await opened.fill('#prompt', 'a lighthouse')
      await opened.press('#prompt', 'Enter')
      await opened.waitForFunction(() => document.querySelector('#facts')?.textContent !== '')
      await opened.waitForSelector('#gallery li')
      expect(await opened.locator('#gallery li').count()).toBe(1)
      expect(await opened.content()).not.toContain(stdout.trim())
    } finally {
      await opened.close()
      await guarded.end('SIGTERM')
      await removeDataDir(folder)
    }
  })
})

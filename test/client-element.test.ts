import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { pictureMarkup } from '../packages/client/src/element/picture-markup.ts'
import { brotliBytes, elementFiles, makeBrowserFiles } from '../scripts/browser-files.ts'
import type { ModuleServer } from './support/module-server.ts'
import { startModuleServer } from './support/module-server.ts'

/** `<darkroom-img>` in a real browser, from the files that pages without a bundler get. */

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
)
const reason = executablePath === undefined ? ' (skipped: no Chromium is installed here)' : ''

let server: ModuleServer
let browser: Browser
let context: BrowserContext
let page: Page
/** What the page's console said that was an error. */
let complaints: string[]

/** A photograph of 1600 × 1200, served as `/images/{id}?w=`, as the server does. */
const widths = new Map<string, Promise<Buffer>>()

function variant(width: number): Promise<Buffer> {
  const key = String(width)
  let made = widths.get(key)
  if (made === undefined) {
    const noise = { type: 'gaussian' as const, mean: 120, sigma: 30 }
    made = sharp({ create: { width: 1600, height: 1200, channels: 3, background: '#468', noise } })
      .blur(3)
      .resize({ width })
      .jpeg()
      .toBuffer()
    widths.set(key, made)
  }
  return made
}

beforeAll(async () => {
  if (executablePath === undefined) return
  server = await startModuleServer(resolve(import.meta.dirname, '..'))
  const files = await makeBrowserFiles()
  for (const [name, bytes] of Object.entries(files)) {
    server.serve(`/client/${name}`, name.endsWith('.js') ? 'text/javascript' : 'application/wasm', bytes)
  }
  server.answer('/images/', async (url) => {
    if (url.pathname.endsWith('missing')) return { status: 404, body: 'no' }
    if (url.pathname.endsWith('broken'))
      return { headers: { 'content-type': 'image/jpeg' }, body: 'no picture' }
    return {
      headers: { 'content-type': 'image/jpeg', 'cache-control': 'public, max-age=31536000, immutable' },
      body: await variant(Number(url.searchParams.get('w') ?? 1600)),
    }
  })
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
})

beforeEach(async () => {
  if (executablePath === undefined) return
  context = await browser.newContext({ viewport: { width: 1000, height: 800 } })
})

afterEach(async () => {
  await context?.close()
})

interface PageOptions {
  head?: string
  /** Whether the component is loaded. */
  script?: boolean
}

/** Collects layout shifts, long tasks and events of all elements. */
const watcher = `
globalThis.shift = 0
new PerformanceObserver((list) => { for (const entry of list.getEntries()) shift += entry.value }).observe({ type: 'layout-shift', buffered: true })
globalThis.events = []
for (const name of ['load', 'error', 'progress'])
  document.addEventListener(name, (event) => { if (event.target.localName === 'darkroom-img') events.push(name + ' ' + event.target.id) }, true)
`

async function open(body: string, { head = '', script = true }: PageOptions = {}): Promise<void> {
  complaints = []
  server.forget()
  server.serve('/watcher.js', 'text/javascript', watcher)
  const component = script ? '<script type="module" src="/client/element.js"></script>' : ''
  const start = '<!doctype html><meta charset="utf-8"><link rel="icon" href="/client/none.svg">'
  server.serve('/client/none.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>')
  server.serve(
    '/page',
    'text/html; charset=utf-8',
    `${start}<script src="/watcher.js"></script>${head}${component}<body>${body}`,
  )
  page = await context.newPage()
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${server.url}/page`)
}

/** Waits until all elements have loaded or failed. */
async function settled(selector = 'darkroom-img'): Promise<void> {
  await page.waitForFunction(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].every((each) => each.complete)`,
  )
}

async function made(selector = 'darkroom-img'): Promise<void> {
  await page.waitForFunction(`document.querySelector(${JSON.stringify(selector)}).matches(':state(made)')`)
}

function pictures(): string[] {
  return server.urls.filter((url) => /^\/(?:images|live)\//u.test(url))
}

/** How far the canvas is from the image's content, at the worst side, in CSS pixels. */
async function offBy(selector = 'darkroom-img'): Promise<number> {
  return (await page.evaluate(`(() => {
    const host = document.querySelector(${JSON.stringify(selector)})
    const [a, b] = [host.querySelector('img'), host.querySelector('canvas')].map((each) => each.getBoundingClientRect())
    return Math.max(...['left', 'top', 'right', 'bottom'].map((side) => Math.abs(a[side] - b[side])))
  })()`)) as number
}

const given = pictureMarkup({
  src: '/images/a',
  alt: 'Waves',
  widthPx: 1600,
  heightPx: 1200,
  sizes: '300px',
  priority: true,
})

test('the element, its worker and the kernel are 12 KB over the wire', async () => {
  const files = await makeBrowserFiles()
  const sum = elementFiles.reduce((total, name) => total + brotliBytes(files[name] ?? new Uint8Array()), 0)
  expect(sum).toBeLessThanOrEqual(12 * 1024)
})

describe.skipIf(executablePath === undefined)(`<darkroom-img> in Chromium${reason}`, () => {
  test('without JavaScript it is the image that the server wrote', async () => {
    await open(given, { script: false })
    await page.waitForFunction(`document.images[0].complete`)
    expect(pictures()).toEqual(['/images/a?w=384'])
    expect(await page.getByRole('img').getAttribute('alt')).toBe('Waves')
  })

  test('around an image of the page it fetches nothing again, and moves nothing', async () => {
    await open(`<style>img { width: 100%; height: auto }</style><p>Before</p>${given}<p>Behind</p>`)
    await settled()
    expect(pictures()).toEqual(['/images/a?w=384'])
    expect(await page.evaluate('events')).toEqual(['load '])
    expect(await page.evaluate('shift')).toBe(0)
    expect(await page.evaluate(`document.querySelector('darkroom-img').naturalWidth`)).toBeGreaterThan(0)
    expect(complaints).toEqual([])
  })

  test('made by script it is as an image: properties, events, decode', async () => {
    await open(`<main></main>`)
    const facts = await page.evaluate(`(async () => {
      await customElements.whenDefined('darkroom-img')
      const element = document.createElement('darkroom-img')
      element.src = '/images/a'
      element.alt = 'Waves'
      element.width = 300
      element.height = 225
      const before = element.complete
      document.querySelector('main').append(element)
      await element.decode()
      return { before, complete: element.complete, natural: [element.naturalWidth, element.naturalHeight], width: element.width,
        currentSrc: element.currentSrc, src: element.src, busy: element.hasAttribute('aria-busy') }
    })()`)
    expect(facts).toEqual({
      before: true,
      complete: true,
      natural: [384, 288],
      width: 300,
      currentSrc: `${server.url}/images/a?w=384`,
      src: `${server.url}/images/a`,
      busy: false,
    })
    expect(pictures()).toEqual(['/images/a?w=384'])
    expect(await page.evaluate('shift')).toBe(0)
    expect(complaints).toEqual([])
  })

  test('two elements, one fetch; the smaller one is made of the larger', async () => {
    await open(`<darkroom-img id="small" src="/images/a" width="300" height="225" alt="Small"></darkroom-img>
      <darkroom-img id="large" src="/images/a" width="900" height="675" alt="Large"></darkroom-img>`)
    await settled()
    await made('#small')
    expect(pictures()).toEqual(['/images/a?w=1080'])
    expect(await page.evaluate(`document.querySelector('#small canvas').width`)).toBe(300)
    expect(await page.evaluate(`document.querySelector('#large canvas')`)).toBeNull()
    expect(await offBy('#small')).toBeLessThan(0.6)
    expect(await page.evaluate('shift')).toBe(0)
    expect(complaints).toEqual([])
  })
})

import type { Browser } from 'playwright-core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command } from './support/access-platform.ts'
import type { Watched, WatchedOptions } from './support/watched-page.ts'
import { executablePath, reason, seriousFindings, sizes, watchedPage } from './support/watched-page.ts'
import type { ServerProcess } from './support/server-process.ts'
import { makeDataDir, removeDataDir, startServer, until } from './support/server-process.ts'

/** The dashboard, the playground and the API reference in a real browser. */

const hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script> مرحبا 🎈'

let server: ServerProcess
let dataDir: string
let browser: Browser

beforeAll(async () => {
  if (executablePath === undefined) return
  dataDir = await makeDataDir()
  server = await startServer({ dataDir })
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  // Two pictures: each a miss, then a hit; one of them of a prompt that wants to be markup.
  for (const prompt of ['a lighthouse', hostile]) {
    const url = `${server.url}/live/demo?size=96x64&prompt=${encodeURIComponent(prompt)}`
    for (let times = 0; times < 2; times += 1) await (await fetch(url)).arrayBuffer()
  }
})

afterAll(async () => {
  if (executablePath === undefined) return
  await browser.close()
  await server.end('SIGTERM')
  await removeDataDir(dataDir)
})

/** A new page of the browser, which notes what a visitor must never cause. */
function watched(options: WatchedOptions = {}): Promise<Watched> {
  return watchedPage(browser, server.url, options)
}

describe.skipIf(executablePath === undefined)(`the dashboard${reason}`, () => {
  test('shows what was caused: classes, pictures, work, stages', async () => {
    const { page, context, faults } = await watched()
    await page.goto(`${server.url}/dashboard`)
    expect(page.url()).toBe(`${server.url}/dashboard/`)
    for (const name of ['hit', 'miss'])
      expect(await page.locator(`tr[data-class=${name}] td`).first().textContent()).toBe('2')
    await page.getByText('50 %', { exact: true }).waitFor()
    // The sentence and the figures count what the table of classes counts: four pictures in five minutes.
    await page.getByText(/^4 pictures asked for in the last five minutes, 50 % of them/u).waitFor()
    expect(
      await page.locator('.figure', { hasText: 'Pictures asked for' }).locator('.value').textContent(),
    ).toBe('0.8')
    await page.getByRole('rowheader', { name: /^generation/u }).waitFor()
    await page.getByRole('rowheader', { name: /^generate / }).waitFor()
    await page.locator('.chart canvas').first().waitFor()
    expect(await page.locator('.gallery .card').count()).toBe(2)
    expect(await page.locator('.gallery .clamped-text').first().textContent()).toBe(hostile)
    expect(await page.locator('img[src="x"]').count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  test('who looks changes nothing: pictures of the gallery are counted with no reader’s', async () => {
    const counts = async (): Promise<string> => {
      const { requests } = (await (await fetch(`${server.url}/v1/overview`)).json()) as {
        requests: { byClass: Record<string, number> }
      }
      const { hit, miss, stale, collapsed } = requests.byClass
      return JSON.stringify({ hit, miss, stale, collapsed })
    }
    const before = await counts()
    const { page, context } = await watched()
    await page.goto(`${server.url}/dashboard/`)
    const pictures = page.locator('.gallery img')
    await until(async () =>
      (await pictures.evaluateAll((all) =>
        all.every((image) => (image as HTMLImageElement).naturalWidth > 0) ? all.length : 0,
      )) >= 2
        ? true
        : undefined,
    )
    expect(await counts()).toBe(before)
    // The figures of the page are those of the API.
    const { hit } = JSON.parse(before) as { hit: number }
    expect(await page.locator('tr[data-class=hit] td').first().textContent()).toBe(String(hit))
    await context.close()
  })

  test('a chosen theme is there before the page’s own program is', async () => {
    const { page, context, faults } = await watched({ colorScheme: 'light' })
    await page.goto(`${server.url}/dashboard/`)
    await page.evaluate(() => localStorage.setItem('darkroom-theme', 'dark'))
    await page.route(/assets\/index-.*\.js$/u, (route) => route.abort())
    await page.reload({ waitUntil: 'domcontentloaded' })
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    expect(faults.filter((fault) => !fault.includes('ERR_FAILED'))).toEqual([])
    await context.close()
  })

  test('is live: a request that is made while it is open changes its figures', async () => {
    const { page, context, faults } = await watched()
    await page.goto(`${server.url}/dashboard/`)
    const hits = page.locator('tr[data-class=hit] td').first()
    const before = Number(await hits.textContent())
    await (await fetch(`${server.url}/live/demo?size=96x64&prompt=a+lighthouse`)).arrayBuffer()
    await until(async () => (Number(await hits.textContent()) > before ? true : undefined))
    expect(faults).toEqual([])
    await context.close()
  })

  test('a picture opens its waterfall, by the keyboard too, and a marker its comparison', async () => {
    const { page, context, faults } = await watched()
    await page.goto(`${server.url}/dashboard/`)
    await page.locator('.card-picture').first().focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByRole('rowheader', { name: 'generate' }).waitFor()
    expect(page.url()).toContain('#req_')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })

    await page.fill('#marker-text', hostile)
    await page.getByRole('button', { name: 'Set a marker' }).click()
    await page.getByRole('button', { name: 'Before and after' }).click()
    await page
      .locator('.comparison')
      .getByText(/nothing to compare yet|95 % confidence/u)
      .waitFor()
    await page.getByRole('button', { name: /^Remove the marker/u }).click()
    await page.getByText('None in this time').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  test.each(Object.keys(sizes).flatMap((size) => ['light', 'dark'].map((scheme) => [size, scheme] as const)))(
    'on a %s, %s: nothing is wider than the page, and axe has no serious finding in any view',
    async (size, colorScheme) => {
      const { page, context, faults } = await watched({
        size: size as keyof typeof sizes,
        colorScheme: colorScheme as 'light' | 'dark',
      })
      for (const [path, shown] of [
        ['/', '#gallery li'],
        ['/dashboard/', '.gallery .card'],
        ['/dashboard/playground', '#prompt'],
        ['/dashboard/playground#carousel', '.slides .slide'],
        ['/docs', '.operation'],
      ] as const) {
        await page.goto(server.url + path)
        await page.locator(shown).first().waitFor()
        const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
        expect(widths[0]).toBeLessThanOrEqual(widths[1] ?? 0)
        expect(await seriousFindings(page)).toEqual([])
      }
      expect(faults).toEqual([])
      await context.close()
    },
  )

  test('a server that goes away is waited for, and what it said stays', async () => {
    const folder = await makeDataDir()
    const first = await startServer({ dataDir: folder })
    const { page, context } = await watched()
    await page.goto(`${first.url}/dashboard/`)
    await page.getByText('All is well').waitFor()
    await first.end('SIGTERM')
    await page.locator('.away').getByText('The server does not answer.').waitFor()
    expect(await page.getByText('All is well').count()).toBe(1)
    const second = await startServer({ dataDir: folder, environment: { PORT: new URL(first.url).port } })
    try {
      await page.locator('.away').getByText('The server does not answer.').waitFor({ state: 'detached' })
      await page.locator('.live.live').waitFor()
    } finally {
      await context.close()
      await second.end('SIGTERM')
      await removeDataDir(folder)
    }
  })

  test('times are by the server’s clock, however wrong the browser’s is', async () => {
    const { page, context } = await watched()
    await page.clock.install({ time: new Date(Date.now() - 40 * 86_400_000) })
    await page.goto(`${server.url}/dashboard/`)
    await page.locator('.gallery .card').first().waitFor()
    await page.clock.runFor(10_000)
    const foot = await until(async () => {
      const text = (await page.locator('.card-foot time').first().textContent()) ?? ''
      return text.includes('ago') || text === 'just now' ? text : undefined
    })
    expect(foot).toMatch(/^(?:just now|\d+ (?:s|min) ago)$/u)
    await context.close()
  })
})

describe.skipIf(executablePath === undefined)(`the playground${reason}`, () => {
  test('shows a picture as it comes, with an address that shows it too', async () => {
    const { page, context, faults } = await watched()
    await page.goto(`${server.url}/dashboard/playground`)
    await page.fill('#prompt', hostile)
    await page.press('#prompt', 'Enter')
    await page.locator('img[data-stage=stored]').waitFor()
    const widthPx = await page
      .locator('img[data-stage=stored]')
      .evaluate((image) => (image as HTMLImageElement).naturalWidth)
    expect(widthPx).toBe(1024)
    const live = await page.getByLabel('Its live address, for any page', { exact: true }).textContent()
    const answer = await fetch(live ?? '')
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^image\//u),
    ])
    expect(await page.getByLabel('The same with curl', { exact: true }).textContent()).toContain(
      '/v1/generations',
    )
    expect(faults).toEqual([])
    await context.close()
  })

  test('the keyboard gets past the bar, and stays in the view', async () => {
    const { page, context } = await watched()
    await page.goto(`${server.url}/dashboard/playground#carousel`)
    await page.locator('.slides .slide').first().waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
    await page.keyboard.press('Tab')
    expect(await page.locator('.choice input:focus').count()).toBe(1)
    expect(await page.locator('.slides .slide').count()).toBe(6)
    await context.close()
  })

  test('a refusal is shown in the server’s words', async () => {
    const { page, context } = await watched()
    await page.route('**/v1/generations', (route) =>
      route.fulfill({
        status: 429,
        json: { code: 'queue_full', detail: 'The queue of this scope is full.' },
      }),
    )
    await page.goto(`${server.url}/dashboard/playground`)
    await page.fill('#prompt', 'x')
    await page.press('#prompt', 'Enter')
    const refusal = page.getByText('The queue of this scope is full.')
    await refusal.waitFor()
    expect(await refusal.getAttribute('role')).toBe('status')
    await context.close()
  })

  test('six texts become six slides; changing one draws one', async () => {
    const { page, context, faults } = await watched()
    await page.goto(`${server.url}/dashboard/playground#carousel`)
    await page.getByLabel('Theme').and(page.locator('select[name=theme]')).selectOption('poster')
    await page.getByLabel('Handle').fill('@darkroom')
    await page.getByRole('button', { name: 'Make the slides' }).click()
    await page.getByText('6 of 6 slides are there.').waitFor()
    const pictures = page.locator('.slide img')
    await until(async () => ((await pictures.count()) === 6 ? true : undefined))
    const sources = (): Promise<string[]> =>
      pictures.evaluateAll((images) => images.map((image) => (image as HTMLImageElement).src))
    const before = await sources()
    await page.getByLabel('Title of slide 3').fill(`Changed ${hostile}`)
    await page.getByLabel('Text of slide 3').fill('far too long. '.repeat(280))
    await page.getByRole('button', { name: 'Draw this slide again (slide 3)' }).click()
    await page.getByText('Slide 3: 1 overlay, 1 encode. The other 5 slides stayed as they are.').waitFor()
    const archive = await page.getByRole('link', { name: 'ZIP' }).getAttribute('href')
    const zip = await fetch(`${server.url}${archive}`)
    expect([zip.status, zip.headers.get('content-type')]).toEqual([200, 'application/zip'])
    const record = await fetch(`${server.url}${archive?.replace('.zip', '')}`)
    expect(await record.json()).toMatchObject({ theme: 'poster' })
    await page.getByLabel('Button of slide 6').fill('Start now')
    await page.getByRole('button', { name: 'Draw this slide again (slide 6)' }).click()
    await page.getByText('Slide 6: 1 overlay, 1 encode. The other 5 slides stayed as they are.').waitFor()
    const changed = await fetch(`${server.url}${archive?.replace('.zip', '')}`)
    const { slides } = (await changed.json()) as { slides: { label: string | null }[] }
    expect(slides.map(({ label }) => label)).toEqual([null, null, null, null, null, 'Start now'])
    const after = await sources()
    expect(after.map((source, index) => source === before[index])).toEqual([
      true,
      true,
      false,
      true,
      true,
      false,
    ])
    await page
      .locator('.slide')
      .nth(2)
      .getByText(/shorten it/u)
      .waitFor()
    expect(await page.locator('.slide .warning').count()).toBeGreaterThan(0)
    expect(await page.locator('.slide').nth(1).locator('.warning').count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })
})

describe.skipIf(executablePath === undefined)(`the API reference${reason}`, () => {
  test('has every operation of the document, and finds one by words', async () => {
    const { page, context, faults } = await watched()
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>
    }
    const all = Object.values(document.paths).reduce((sum, path) => sum + Object.keys(path).length, 0)
    await page.goto(`${server.url}/docs`)
    await page.locator('.operation').first().waitFor()
    expect(await page.locator('.operation').count()).toBe(all)
    await page.fill('#api-search', 'one or more pictures')
    await page.locator('.operation summary').click()
    await page.locator('.operation').getByText('What the picture shows.').waitFor()
    expect(await page.locator('.operation').count()).toBe(1)
    expect(faults).toEqual([])
    await context.close()
  })
})

describe.skipIf(executablePath === undefined)(`the dashboard with access on${reason}`, () => {
  test('asks for a key, shows figures to an admin, and their own pictures to others', async () => {
    const folder = await makeDataDir()
    const environment = { DARKROOM_DATA: folder }
    const admin = (await command(['keys', 'create', '--admin'], environment)).stdout.trim()
    const user = (await command(['keys', 'create', '--project', 'page'], environment)).stdout.trim()
    const guarded = await startServer({ dataDir: folder, environment: { DARKROOM_AUTH: 'on' } })
    const { page, context } = await watched()
    const faults: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text())
    })
    try {
      await page.goto(`${guarded.url}/dashboard/`)
      await page.getByText('This server asks for a key').waitFor()
      // Nothing was asked without a key: a refusal would be an error in the console.
      expect(faults).toEqual([])
      await page.fill('#key', 'dk_nonsense')
      await page.keyboard.press('Enter')
      await page.getByText('does not accept this key').waitFor()
      await page.fill('#key', user)
      await page.keyboard.press('Enter')
      await page.getByText('need a key with the right').first().waitFor()
      await page.getByText('No pictures yet.').waitFor()

      await page.getByRole('link', { name: 'Playground', exact: true }).click()
      await page.fill('#prompt', 'a lighthouse')
      await page.press('#prompt', 'Enter')
      await page.locator('img[data-stage=stored]').waitFor()
      await page.getByRole('link', { name: 'Dashboard', exact: true }).click()
      await page.locator('.gallery img[src^="blob:"]').waitFor()

      await page.getByRole('button', { name: 'Forget key' }).click()
      await page.fill('#key', admin)
      await page.keyboard.press('Enter')
      await page.getByText('All is well').waitFor()
      expect(await page.content()).not.toContain(admin)
      await page.goto(`${guarded.url}/docs`)
      await page.locator('.operation').first().waitFor()
    } finally {
      await context.close()
      await guarded.end('SIGTERM')
      await removeDataDir(folder)
    }
  })
})

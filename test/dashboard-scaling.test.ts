import { join } from 'node:path'
import pg from 'pg'
import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import type { DatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import { createDatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import type { ServerProcess } from './support/server-process.ts'
import { makeDataDir, removeDataDir, startServer, until } from './support/server-process.ts'
import { executablePath, reason, seriousFindings, sizes, watchedPage } from './support/watched-page.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

/** What the dashboard says of scaling, beside what `/v1/scaling` answers. */

const keptMinutes = 120
/** Minutes before now in which the load left the band: none of the last hour. */
const missed = { from: 96, to: 90 }

interface Scaling {
  desiredWorkers: number
  decidedAt: string | null
  starting: number
  warm: number
  busy: number
  queued: number
  withoutForecast: number | null
  usdPerWorkerHour: number | null
  expected: { trusted: boolean; error: number } | null
  history: { at: string; load: number; forecastLow: number | null; forecastHigh: number | null }[]
}

let folder: DatabaseFolder
let database: EmbeddedPostgres
let dataDir: string
let server: ServerProcess
let browser: Browser

beforeAll(async () => {
  if (executablePath === undefined) return
  folder = await createDatabaseFolder()
  database = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres') })
  dataDir = await makeDataDir()
  const url = databaseUrlOf(database.connection)
  server = await startServer({
    dataDir,
    environment: {
      DATABASE_URL: url,
      DARKROOM_SCALING_MIN: '3',
      DARKROOM_SCALING_USD_PER_WORKER_HOUR: '1.99',
    },
  })
  await keepHistory(url)
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
})

afterAll(async () => {
  if (executablePath === undefined) return
  await browser.close()
  await server.end('SIGTERM')
  await removeDataDir(dataDir)
  await database.stop()
  await folder.remove()
})

/** Two hours before now: work for two workers where 2 (1 to 3) were expected, and for five in seven minutes. */
async function keepHistory(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(
      `insert into scaling_history
         (at, desired, starting, warm, busy, load, expected_for, expected_low, expected, expected_high)
       select at, 4, 1, 3, 2, case when ago between $2 and $3 then 5 else 2 end, at, 1, 2, 3
       from generate_series(1, $1) as ago, lateral (
         select date_trunc('minute', now()) - ago * interval '1 minute' as at
       ) as minute
       on conflict (at) do update set load = 2, expected_for = excluded.at, expected_low = 1, expected = 2, expected_high = 3`,
      [keptMinutes, missed.to, missed.from],
    )
  } finally {
    await client.end()
  }
}

async function answer(): Promise<Scaling> {
  return (await (await fetch(`${server.url}/v1/scaling`)).json()) as Scaling
}

function figure(page: Page, name: string): Promise<string | null> {
  const own = page.locator('.pool .figure').filter({ has: page.getByText(name, { exact: true }) })
  return own.locator('.value').textContent()
}

/** The page asks the server, and is told something else in one respect. */
async function changed(page: Page, change: (told: Scaling) => Partial<Scaling>): Promise<void> {
  await page.route('**/v1/scaling*', async (route) => {
    const response = await route.fetch()
    const told = (await response.json()) as Scaling
    await route.fulfill({ response, json: { ...told, ...change(told) } })
  })
}

describe.skipIf(executablePath === undefined)(`scaling on the dashboard${reason}`, () => {
  test('its figures are those of the answer', async () => {
    const { page, context, faults } = await watchedPage(browser, server.url)
    await page.goto(`${server.url}/dashboard/`)
    await page.getByText('3 workers are wanted').waitFor()
    await until(async () => {
      const { desiredWorkers, starting, warm, busy, queued } = await answer()
      const shown: (string | null)[] = []
      for (const name of ['Wanted', 'Starting', 'Warm', 'Busy', 'Queued'])
        shown.push(await figure(page, name))
      const cost = await figure(page, 'Cost')
      const same =
        warm === 1 &&
        shown.join() === [desiredWorkers, starting, warm, busy, queued].join() &&
        cost === `$${((starting + warm) * 1.99).toFixed(2)}`
      return same ? true : undefined
    })
    await page.getByText('The forecast', { exact: true }).waitFor()
    await page.getByText(/^It is not used at present: its error is 100 % of the load\./u).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  test('minutes in which the work left the band are drawn, counted, named, and stand in the table', async () => {
    const { page, context, faults } = await watchedPage(browser, server.url)
    const told = page.waitForResponse(/\/v1\/scaling$/u)
    await page.goto(`${server.url}/dashboard/`)
    const { history } = (await (await told).json()) as Scaling
    const course = page.getByRole('region', { name: 'The course of it' })
    await until(async () => ((await course.locator('.chart canvas').count()) === 2 ? true : undefined))
    const outside = history.filter(({ load, forecastLow, forecastHigh }) => {
      return forecastHigh !== null && forecastLow !== null && (load > forecastHigh || load < forecastLow)
    })
    expect(outside.length).toBe(missed.from - missed.to + 1)
    expect(await course.locator('.forecast-facts').textContent()).toContain(
      `${outside.length} of ${keptMinutes} minutes with work`,
    )
    expect(await course.locator('.forecast-facts').textContent()).toContain('94 % of the time')
    expect(await course.locator('.misses li').allTextContents()).toEqual([
      expect.stringMatching(/for 7 min: 5 came where 2 was expected, more than the band$/u),
    ])
    expect(
      await course.getByRole('img', { name: `in ${outside.length} of ${keptMinutes} minutes` }).count(),
    ).toBe(1)
    await course.getByText('As a table').click()
    const rows = course.getByRole('region', { name: 'over time' }).locator('tbody tr')
    await rows.first().waitFor()
    expect(await rows.filter({ hasText: 'outside' }).count()).toBe(outside.length)
    expect(await rows.count()).toBe(history.length)

    await course.getByRole('radio', { name: '1 hour' }).check()
    await course.getByText(/^0 of \d+ minutes with work$/u).waitFor()
    expect(await course.locator('.misses').count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  test('a forecast that is used says what would be wanted without it', async () => {
    const { page, context, faults } = await watchedPage(browser, server.url)
    await changed(page, ({ expected }) => ({
      withoutForecast: 7,
      expected: expected === null ? null : { ...expected, trusted: true, error: 0.26 },
    }))
    await page.goto(`${server.url}/dashboard/`)
    await page
      .getByText(/^It is used \(steady\): its error is 26 % .* Without it 7 would be wanted\.$/u)
      .waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  test('nothing decided, nothing decided any more, and no minute kept are said', async () => {
    const { page, context, faults } = await watchedPage(browser, server.url)
    await changed(page, () => ({ decidedAt: null, history: [] }))
    await page.goto(`${server.url}/dashboard/`)
    await page.getByText(/Nothing has been decided yet.*3 workers/u).waitFor()
    await page.unrouteAll({ behavior: 'wait' })
    await changed(page, () => ({ decidedAt: new Date(Date.now() - 600_000).toISOString(), history: [] }))
    await page.reload()
    await page.getByText('No process decides at present').waitFor()
    await page.getByText('No minute has been kept yet').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  test.each(['phone', 'wide'] as const)(
    'on a %s in the dark: nothing overflows, and axe has no finding',
    async (size) => {
      const { page, context, faults } = await watchedPage(browser, server.url, { size, colorScheme: 'dark' })
      await page.goto(`${server.url}/dashboard/`)
      const course = page.getByRole('region', { name: 'The course of it' })
      await course.locator('.chart canvas').last().waitFor()
      await course.getByText('As a table').click()
      await course.getByRole('region', { name: 'over time' }).waitFor()
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
        sizes[size].width,
      )
      expect(await seriousFindings(page)).toEqual([])
      expect(faults).toEqual([])
      await context.close()
    },
  )
})

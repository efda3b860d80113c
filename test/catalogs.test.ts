import { describe, expect, test } from 'vitest'
import { useTestPlatform } from './support/test-platform.ts'

/** Catalogues over the real API, on a platform whose clock the tests set. */
const clock = { now: Date.UTC(2026, 10, 21, 12) }

const platform = useTestPlatform({ DARKROOM_PREDICTION_QUEUED: '100' }, { now: () => clock.now })

async function ask(
  method: string,
  path: string,
  body?: unknown,
  mediaType = 'application/json',
): Promise<Response> {
  return await platform.fetch(
    new Request(`http://127.0.0.1${path}`, {
      method,
      ...(body === undefined
        ? {}
        : {
            headers: { 'content-type': mediaType },
            body: typeof body === 'string' ? body : JSON.stringify(body),
          }),
    }),
  )
}

async function asked<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await ask(method, path, body)
  if (!response.ok) throw new Error(await response.text())
  return (await response.json()) as T
}

interface Item {
  id: string
  live: { fields: Record<string, string>; pictures: Picture[] } | null
  staged: { pictures: Picture[] } | null
}
interface Picture {
  url: string
  status: string
}
interface Foreseen {
  predictions: {
    id: string
    status: string
    reason: string
    kind: string
    catalog?: string
    savedMs?: number
  }[]
  summary: { byStatus: Record<string, number>; precision: number | null }
}

const template = {
  prompt: 'a studio photo of {{name}}, {{colour}}',
  variations: [
    { name: 'square', size: '64x64' },
    { name: 'wide', size: '128x64' },
  ],
}

/** Scopes of a project share their pictures: another prompt, so that each scope pays for its own. */
function templateOf(word: string): typeof template {
  return { ...template, prompt: `a ${word} photo of {{name}}, {{colour}}` }
}

async function items(id: string): Promise<Item[]> {
  return (await asked<{ items: Item[] }>('GET', `/v1/catalogs/${id}/items`)).items
}

async function foreseen(scope: string): Promise<Foreseen> {
  return await asked<Foreseen>('GET', `/v1/predictions?scope=${scope}`)
}

/** Looks until as many pictures of the scope are made: each look is one of the predictor's, between them workers draw. */
async function lookUntilMade(scope: string, count: number): Promise<Foreseen> {
  for (let looks = 0; ; looks++) {
    if (looks > 400) throw new Error(`not made: ${JSON.stringify(await foreseen(scope))}`)
    await platform.predict()
    const now = await foreseen(scope)
    const { planned = 0, made = 0, used = 0 } = now.summary.byStatus
    if (planned === 0 && made + used >= count) return now
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function optIn(scope: string, prediction: object): Promise<void> {
  await asked('POST', '/v1/scopes', { name: scope, assumedUsd: 0, prediction })
}

const chairs = [
  { id: 'c1', name: 'an oak chair', colour: 'brown' },
  { id: 'c2', name: 'a steel chair', colour: 'grey' },
]

describe('a catalogue with a schedule', () => {
  let id: string

  test('waits for its time: nothing is made before the lead time, and nothing is live', async () => {
    await optIn('shop', { dailyGenerations: 100 })
    const made = await asked<{ id: string; nextGoLiveAt: string; madeAhead: boolean }>(
      'POST',
      '/v1/catalogs',
      {
        ...template,
        name: 'chairs',
        scope: 'shop',
        schedule: { cron: '0 6 * * *', timeZone: 'Europe/Berlin' },
        leadMinutes: 60,
        items: chairs,
      },
    )
    id = made.id
    expect(made).toMatchObject({ nextGoLiveAt: '2026-11-22T05:00:00.000Z', madeAhead: true })
    clock.now = Date.UTC(2026, 10, 22, 3, 59)
    await platform.predict()
    expect((await foreseen('shop')).predictions).toEqual([])
    expect((await items(id)).map(({ live }) => live)).toEqual([null, null])
  })

  test('is made within the lead time', async () => {
    clock.now = Date.UTC(2026, 10, 22, 4, 1)
    const { predictions } = await lookUntilMade('shop', 4)
    expect(predictions).toHaveLength(4)
    expect(predictions[0]).toMatchObject({ kind: 'catalog', catalog: id })
    expect(predictions.map(({ reason }) => reason).toSorted()[0]).toBe(
      'item c1 (square) of the catalogue chairs, which goes live 2026-11-22T05:00:00.000Z',
    )
    const all = await items(id)
    expect(all.map(({ live }) => live)).toEqual([null, null])
    expect(all.flatMap(({ staged }) => staged?.pictures.map(({ status }) => status))).toEqual(
      Array.from({ length: 4 }, () => 'stored'),
    )
  })

  test('is live from its minute on, and its pictures are there', async () => {
    clock.now = Date.UTC(2026, 10, 22, 5, 0)
    const all = await items(id)
    expect(all.map(({ live, staged }) => [live?.fields['name'], staged])).toEqual([
      ['an oak chair', null],
      ['a steel chair', null],
    ])
    const first = await ask('GET', `${all[0]?.live?.pictures[0]?.url}&format=png`)
    expect(first.status).toBe(200)
    expect(first.headers.get('server-timing')).toContain('ahead;')
    await first.arrayBuffer()
    await platform.predict()
    const { summary, predictions } = await foreseen('shop')
    expect(summary.byStatus).toMatchObject({ used: 1, made: 3 })
    expect(predictions.find(({ status }) => status === 'used')?.savedMs).toBeGreaterThan(0)
  })

  test('costs only what has changed', async () => {
    const told = await asked<object>('POST', `/v1/catalogs/${id}/items`, {
      items: [chairs[0], { ...chairs[1], colour: 'red' }],
    })
    expect(told).toEqual({ changed: 1, unchanged: 1, removed: 0, goesLiveAt: '2026-11-23T05:00:00.000Z' })
    clock.now = Date.UTC(2026, 10, 23, 4, 30)
    const { predictions } = await lookUntilMade('shop', 6)
    expect(predictions).toHaveLength(6)
    expect((await items(id))[1]?.live?.fields['colour']).toBe('grey')
    clock.now = Date.UTC(2026, 10, 23, 5, 0)
    await platform.predict()
    expect((await items(id))[1]?.live?.fields['colour']).toBe('red')
  })

  test('takes CSV and single items, and replaces what is not named', async () => {
    const csv = await ask(
      'POST',
      `/v1/catalogs/${id}/items?mode=replace`,
      'id,name,colour\nc1,an oak chair,brown\n',
      'text/csv',
    )
    expect(await csv.json()).toMatchObject({ changed: 0, unchanged: 1, removed: 1 })
    expect(
      await asked('POST', `/v1/catalogs/${id}/items`, { id: 7, name: 'a stool', colour: 'blue' }),
    ).toMatchObject({
      changed: 1,
    })
    clock.now = Date.UTC(2026, 10, 24, 5, 0)
    expect((await items(id)).map((item) => item.id)).toEqual(['7', 'c1'])
  })
})

describe('what a catalogue may cost', () => {
  test('nothing in a scope that has not opted in', async () => {
    const made = await asked<{ id: string; madeAhead: boolean }>('POST', '/v1/catalogs', {
      ...templateOf('off'),
      name: 'off',
      scope: 'off',
      items: chairs,
    })
    expect(made.madeAhead).toBe(false)
    await platform.predict()
    expect((await items(made.id))[0]?.live?.pictures[0]?.status).toBe('none')
  })

  test('no more than the budget of the day', async () => {
    await optIn('small', { dailyGenerations: 3 })
    await asked('POST', '/v1/catalogs', {
      ...templateOf('small'),
      name: 'small',
      scope: 'small',
      items: chairs,
    })
    expect((await lookUntilMade('small', 3)).predictions).toHaveLength(3)
    await platform.predict()
    expect((await foreseen('small')).predictions).toHaveLength(3)
    clock.now += 24 * 3_600_000
    expect((await lookUntilMade('small', 4)).predictions).toHaveLength(4)
  })

  test('no picture that may cost more than is left of the day', async () => {
    await asked('POST', '/v1/scopes', { name: 'dear', assumedUsd: 0.5, prediction: { dailyUsd: 0.4 } })
    await asked('POST', '/v1/catalogs', {
      ...templateOf('dear'),
      name: 'dear',
      scope: 'dear',
      items: chairs,
    })
    await platform.predict()
    expect((await foreseen('dear')).predictions).toEqual([])
    // sketch-1 costs nothing and says so: then the same budget is enough for all of it.
    await asked('POST', '/v1/scopes', { name: 'dear', assumedUsd: 0.1, prediction: { dailyUsd: 0.4 } })
    expect((await lookUntilMade('dear', 4)).predictions).toHaveLength(4)
  })
})

describe('what cannot be a catalogue', () => {
  test.each([
    [{ schedule: { cron: 'now' } }, 'invalid_request'],
    [{ schedule: { rrule: 'FREQ=SOMETIMES' } }, 'invalid_request'],
    [{ schedule: { cron: '0 6 * * *', timeZone: 'Mars/North' } }, 'invalid_request'],
    [{ schedule: { cron: '0 6 * * *', rrule: 'FREQ=DAILY' } }, 'invalid_request'],
    [{ items: [{ id: 'x', name: 'no colour' }] }, 'invalid_request'],
    [{ model: 'no model' }, 'invalid_request'],
    [{ colour: 'red' }, 'unknown_parameter'],
  ])('%j is refused', async (more, code) => {
    const response = await ask('POST', '/v1/catalogs', { ...template, name: 'bad', ...more })
    expect(response.status).toBe(400)
    expect(((await response.json()) as { code: string }).code).toBe(code)
  })

  test('a rule goes live as it says', async () => {
    const made = await asked<{ nextGoLiveAt: string }>('POST', '/v1/catalogs', {
      ...template,
      name: 'weekly',
      schedule: { rrule: 'FREQ=WEEKLY;BYDAY=MO;BYHOUR=6;BYMINUTE=30;BYSECOND=0', timeZone: 'Europe/Berlin' },
    })
    const next = new Date(made.nextGoLiveAt)
    expect([next.getUTCDay(), next.getUTCHours(), next.getUTCMinutes()]).toEqual([1, 5, 30])
    expect(next.getTime()).toBeGreaterThan(clock.now)
  })
})

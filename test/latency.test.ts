import { pino } from 'pino'
import type { Backend } from '@darkroom/server'
import { createPlatform, listen, parseConfig } from '@darkroom/server'
import type { Platform } from '@darkroom/server'
import { createSketchBackend } from '../packages/server/src/backends/sketch/sketch-backend.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command } from './support/access-platform.ts'
import { makeDataDir, removeDataDir, until } from './support/server-process.ts'

/** What a backend adds to the clock that everything is measured with. */
const injected = { loadMs: 0, generateMs: 0 }
const clock = { aheadMs: 0 }

let dataDir: string
let platform: Platform

beforeAll(async () => {
  dataDir = await makeDataDir()
  platform = await createPlatform({
    config: parseConfig({ DARKROOM_DATA: dataDir }),
    log: pino({ level: 'silent' }),
    // Stands still but for what is injected: what the machine takes is no part of what is measured.
    clock: () => clock.aheadMs,
    backendMakers: { sketch: () => slowed(createSketchBackend()) },
  })
})
afterAll(async () => {
  await platform.close()
  await removeDataDir(dataDir)
})

function slowed(backend: Backend): Backend {
  return {
    name: backend.name,
    capabilities: (model) => backend.capabilities(model),
    health: (signal) => backend.health(signal),
    warm: (model, signal) => backend.warm(model, signal),
    close: () => backend.close(),
    async *generate(request, signal) {
      yield { type: 'loading' }
      clock.aheadMs += injected.loadMs
      yield { type: 'started' }
      clock.aheadMs += injected.generateMs
      for await (const event of backend.generate(request, signal)) {
        if (event.type !== 'loading') yield event
      }
    },
  }
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what a route answers, as the test knows it
async function ask<T = Record<string, unknown>>(
  path: string,
  init: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: Headers; body: T; text: string }> {
  const response = await platform.fetch(
    new Request(new URL(path, 'http://127.0.0.1'), {
      method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
      headers: { 'content-type': 'application/json', ...init.headers },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    }),
  )
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const text =
    isJson || !response.headers.get('content-type')?.startsWith('image/') ? await response.text() : ''
  const body = (isJson ? JSON.parse(text) : undefined) as T
  return { status: response.status, headers: response.headers, body, text }
}

interface Latency {
  groups: { name: string; count: number; p50Ms: number; p95Ms: number; p99Ms: number; series: unknown[] }[]
}

async function group(query: string, name: string): Promise<Latency['groups'][number] | undefined> {
  const { body } = await ask<Latency>(`/v1/latency?window=1h&${query}`)
  return body.groups.find((each) => each.name === name)
}

describe('measured latency', () => {
  test('a backend’s 200 ms are in generate, its loading in warm, once however many wait', async () => {
    Object.assign(injected, { loadMs: 1000, generateMs: 200 })
    const url = '/live/shop?prompt=a+red+barn&size=256x192'
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(url)))
    Object.assign(injected, { loadMs: 0, generateMs: 0 })
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const timing = answers[0]?.headers.get('server-timing')
    expect(timing).toMatch(/generate;dur=200/u)
    const named = new Set(timing?.split(', ').map((part) => part.split(';')[0]))
    for (const stage of ['key', 'edge', 'access', 'queue', 'warm', 'generate', 'encode', 'store', 'told']) {
      expect([...named]).toContain(stage)
    }
    const generate = await until(() => group('by=stage&scope=shop', 'generate'))
    expect(generate?.count).toBe(1)
    expect(Math.abs((generate?.p50Ms ?? 0) / 200 - 1)).toBeLessThan(0.02)
    expect(Math.abs(((await group('by=stage&class=miss', 'warm'))?.p99Ms ?? 0) / 1000 - 1)).toBeLessThan(0.02)
    expect((await group('by=stage', 'encode'))?.p99Ms).toBe(0)
    expect(await group('by=class&scope=shop', 'miss')).toMatchObject({ count: 1 })
    expect(await group('by=class&scope=shop', 'collapsed')).toMatchObject({ count: 4 })
  })

  test('hits are counted by class, route, scope and model; each answer says its stages', async () => {
    const url = '/live/shop?prompt=a+red+barn&size=256x192'
    for (let index = 0; index < 20; index += 1) {
      const { headers } = await ask(url)
      expect(headers.get('server-timing')).toMatch(/key;dur=.*access;dur=.*edge;dur=/u)
    }
    expect(await group('by=class&route=/live/{scope}', 'hit')).toMatchObject({ count: 20 })
    expect(await group('by=scope&class=hit', 'shop')).toMatchObject({ count: 20 })
    expect(await group('by=model&class=hit', 'default')).toMatchObject({ count: 20 })
    expect((await group('by=route', '/live/{scope}'))?.count).toBe(25)
    expect((await group('by=route', 'job/generation'))?.count).toBe(1)
    expect((await group('by=class', 'hit'))?.series.length).toBeGreaterThan(0)
  })

  test('the ledger: one generation ran, the others joined, hits were spared a miss', async () => {
    const { body } = await ask<{
      units: { kind: string; axis: string; ran: number; joined: number; cached: number; savedMs: number }[]
      totals: { ran: number; savedMs: number }
    }>('/v1/ledger?window=1h')
    const of = (kind: string, axis: string): object | undefined =>
      body.units.find((unit) => unit.kind === kind && unit.axis === axis)
    expect(of('generation', 'concurrent')).toMatchObject({ ran: 1, rerun: 0 })
    expect(of('edge-miss', 'concurrent')).toMatchObject({ ran: 1, joined: 4 })
    expect(of('edge-miss', 'time')).toMatchObject({ cached: 20 })
    expect(of('variant', 'concurrent')).toMatchObject({ ran: 1 })
    expect(body.totals.savedMs).toBeGreaterThan(0)
  })

  test('a marker keeps before and after apart; a slower backend is told so, and an equal one is not', async () => {
    let seed = 0
    const run = async (count: number, generateMs: number): Promise<void> => {
      injected.generateMs = generateMs
      for (let index = 0; index < count; index += 1) {
        seed += 1
        await ask(`/live/marked?prompt=a+barn&size=64x64&seed=${seed}&format=png`)
      }
      injected.generateMs = 0
      // A reader may be told a moment before the worker has noted what the job took.
      await until(async () => {
        const measured = await group('by=stage&scope=marked', 'generate')
        return measured?.count === seed ? true : undefined
      })
    }
    await run(12, 100)
    const set = await ask<{ id: string; at: string; text: string }>('/v1/markers', {
      body: { text: 'edge on' },
    })
    expect([set.status, set.body.text]).toEqual([201, 'edge on'])
    await run(12, 100)
    const same = await ask<Comparison>(`/v1/markers/${set.body.id}/comparison?stage=generate&window=5m`)
    expect(same.body.after.count).toBe(12)
    expect(same.body.differences[0]).toMatchObject({
      percentile: 50,
      verdict: 'no difference',
      confidence: 0.95,
    })

    const second = await ask<{ id: string }>('/v1/markers', { body: { text: 'a slower model' } })
    await run(12, 150)
    const slower = await ask<Comparison>(`/v1/markers/${second.body.id}/comparison?stage=generate&window=5m`)
    expect(slower.body.after.count).toBe(12)
    expect(slower.body.differences[0]).toMatchObject({ percentile: 50, verdict: 'slower' })
    expect(Math.abs((slower.body.differences[0]?.afterMs ?? 0) / 150 - 1)).toBeLessThan(0.02)

    const listed = await ask<{ markers: { text: string }[] }>('/v1/markers?window=7d')
    expect(listed.body.markers.map(({ text }) => text)).toEqual(['a slower model', 'edge on'])
    expect((await ask(`/v1/markers/${set.body.id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await ask(`/v1/markers/${set.body.id}`, { method: 'DELETE' })).status).toBe(404)
    expect((await ask('/v1/markers/x/comparison')).status).toBe(404)
  })

  test('a marker of an earlier time leaves its own minute out of what was before', async () => {
    const at = new Date(Date.now() - 1000).toISOString()
    const set = await ask<{ id: string }>('/v1/markers', { body: { text: 'earlier', at } })
    const { body } = await ask<Comparison>(`/v1/markers/${set.body.id}/comparison?stage=generate&window=1m`)
    expect(body.before.to).toBe(at)
    expect(body.differences).toHaveLength(3)
  })

  test('a request is explained: what ran, where, for how long; asked for again it was there', async () => {
    Object.assign(injected, { loadMs: 300, generateMs: 700 })
    const body = { prompt: 'an explained lighthouse', size: '64x64' }
    const first = await ask<{ id: string }>('/v1/generations', { body })
    Object.assign(injected, { loadMs: 0, generateMs: 0 })
    const ran = await ask<Explanation>(`/v1/generations/${first.body.id}/explain`)
    const process = ran.body.spans.at(-1)?.process
    expect(process).toMatch(/:\d+$/u)
    expect(ran.body).toMatchObject({ id: first.body.id, status: 'stored' })
    expect(ran.body.spans).toMatchObject([
      { name: 'queue', how: 'waited', startMs: 0 },
      { name: 'warm', how: 'ran', durationMs: 300, process },
      { name: 'generate', kind: 'generation', how: 'ran', durationMs: 700, process },
      { name: 'encode', how: 'ran' },
      { name: 'store', how: 'ran' },
    ])
    const second = await ask<{ id: string }>('/v1/generations', { body })
    const cached = await ask<Explanation>(`/v1/generations/${second.body.id}/explain`)
    expect(cached.body.spans).toMatchObject([
      { name: 'picture', how: 'cached', durationMs: 0, savedMs: 1000 },
    ])
    expect((await ask('/v1/generations/req_nobody/explain')).status).toBe(404)
  })

  test('a carousel is explained: its base, what the slides share, each slide; an equal one was made', async () => {
    const body = {
      base: { prompt: 'a workshop', size: '256x320' },
      size: '270x338',
      slides: [
        { kind: 'hook', title: 'One' },
        { kind: 'cta', title: 'Two', label: 'Go' },
      ],
    }
    const headers = { prefer: 'wait=60' }
    const first = await ask<{ id: string }>('/v1/carousels', { body, headers })
    const ran = await ask<Explanation>(`/v1/carousels/${first.body.id}/explain`)
    expect(ran.body.spans.map(({ name, how }) => `${name} ${how}`)).toEqual([
      'base: queue waited',
      'base: generate ran',
      'base: encode ran',
      'base: store ran',
      'slides ran',
      'decode ran',
      'analyse ran',
      'frame ran',
      'slide 0: hook ran',
      'slide 1: cta ran',
    ])
    for (const kind of ['decode', 'analyse']) {
      expect(ran.body.spans.find(({ name }) => name === kind)?.durationMs).toBeGreaterThan(0)
    }
    expect(ran.body.spans.find(({ name }) => name === 'slides')?.detail).toMatch(
      /overlays 2 ran \([\d.]+ ms\)/u,
    )
    const record = await ask<{ workDetail: object }>(`/v1/carousels/${first.body.id}`)
    expect(record.body.workDetail).toMatchObject({ decodes: { ran: 1, joined: 0, cached: 0 } })
    expect(JSON.stringify(record.body.workDetail)).not.toContain('Ms')
    const second = await ask<{ id: string }>('/v1/carousels', { body, headers })
    const cached = await ask<Explanation>(`/v1/carousels/${second.body.id}/explain`)
    expect(cached.body.spans.map(({ name, how }) => `${name} ${how}`)).toEqual([
      'base: picture cached',
      'slides cached',
      'slide 0: hook cached',
      'slide 1: cta cached',
    ])
  })

  test.each([
    ['GET', '/v1/latency?by=colour'],
    ['GET', '/v1/latency?window=91d'],
    ['GET', '/v1/latency?window=1'],
    ['GET', '/v1/latency?points=0'],
    ['GET', '/v1/latency?until=now'],
    ['GET', '/v1/ledger?window=x'],
    ['POST', '/v1/markers', {}],
    ['POST', '/v1/markers', { text: ' ' }],
    ['POST', '/v1/markers', { text: 'x', at: '2999-01-01T00:00:00Z' }],
    ['POST', '/v1/markers', { text: 'x', at: 'yesterday' }],
  ])('%s %s is refused with what to change', async (method, path, body?: unknown) => {
    const answer = await ask<{ code: string }>(path, { method, body })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
  })

  test('the command line marks, compares and reads what the server has measured', async () => {
    const server = await listen((request) => platform.fetch(request), { host: '127.0.0.1', port: 0 })
    try {
      const run = async (...args: string[]): ReturnType<typeof command> => await command(args, {})
      const marked = await run('mark', 'a new release', '--server', server.url, '--json')
      const { id } = JSON.parse(marked.stdout) as { id: string }
      const compared = await run('mark', '--compare', id, '--window', '10m', '--server', server.url)
      expect([compared.code, compared.stdout]).toEqual([0, expect.stringContaining('no difference')])
      const again = await run('latency', '--compare', id, '--url', server.url, '--json')
      expect(JSON.parse(again.stdout)).toMatchObject({ marker: { id }, stage: 'total' })
      const read = await run('latency', '--from', 'server', '--url', server.url, '--by', 'stage')
      expect([read.code, read.stdout]).toEqual([0, expect.stringMatching(/^generate +\d+ .*ms/mu)])
      const json = await run('latency', '--from', server.url, '--window', '1h', '--json')
      expect(JSON.parse(json.stdout)).toMatchObject({ by: 'class', stage: 'total' })
      expect((await run('mark', '--list', '--url', server.url)).stdout).toMatch(/a new release$/mu)
      expect((await run('mark', '--remove', id, '--server', server.url)).code).toBe(0)
      expect((await run('mark', '--compare', id, '--server', server.url)).code).toBe(2)
      expect((await run('mark')).code).toBe(2)
      expect((await run('latency', '--from', 'server', '--check', server.url)).code).toBe(2)
    } finally {
      server.stopAccepting()
      await server.close(0)
    }
  })

  test('/metrics: Prometheus text, and OpenMetrics with exemplars where that is asked for', async () => {
    const plain = await ask('/metrics')
    expect(plain.headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/u)
    expect(plain.text).toMatch(
      /^darkroom_request_duration_seconds_count\{route="\/live\/\{scope\}",class="hit"\} 20$/mu,
    )
    expect(plain.text).not.toMatch(/# \{|# EOF/u)
    const open = await ask('/metrics', { headers: { accept: 'application/openmetrics-text; version=1.0.0' } })
    expect(open.headers.get('content-type')).toMatch(/^application\/openmetrics-text/u)
    expect(open.text).toMatch(/_bucket\{[^}]*\} \d+ # \{request_id="[0-9a-f-]{36}"\} [\d.e-]+ [\d.]+$/mu)
    expect(open.text.endsWith('# EOF\n')).toBe(true)
  })
})

interface Comparison {
  before: { from: string; to: string; count: number }
  after: { count: number }
  differences: { percentile: number; afterMs: number; verdict: string; confidence: number }[]
}

interface Explanation {
  id: string
  status: string
  spans: { name: string; how: string; process: string | null; durationMs: number; detail?: string }[]
}

describe('the class of an answer', () => {
  const counted = async (name: string): Promise<number> => (await group('by=class', name))?.count ?? 0

  test('of the API’s own is that of its pictures, and of an answer without them other', async () => {
    const body = { prompt: 'a lighthouse of one class', size: '64x64', scope: 'classes' }
    const native = (headers: Record<string, string> = {}): Promise<{ status: number }> =>
      ask('/v1/generations', { body, headers })
    const openAI = (): Promise<{ status: number }> =>
      ask('/v1/images/generations', { body: { prompt: body.prompt, size: '64x64', scope: 'classes' } })
    const before = { miss: await counted('miss'), hit: await counted('hit') }
    expect((await native()).status).toBe(201)
    expect((await native()).status).toBe(201)
    expect((await openAI()).status).toBe(200)
    expect((await native({ prefer: 'respond-async' })).status).toBe(201)
    expect(await counted('miss')).toBe(before.miss + 1)
    expect(await counted('hit')).toBe(before.hit + 3)
    const withoutPicture = await ask('/v1/generations', {
      body: { ...body, prompt: 'another lighthouse' },
      headers: { prefer: 'respond-async' },
    })
    expect(withoutPicture.status).toBe(202)
    expect(await counted('miss')).toBe(before.miss + 1)
  })
})

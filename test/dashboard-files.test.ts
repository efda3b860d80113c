import { brotliDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { OverviewReport } from '../packages/server/src/overview/overview-report.ts'
import { useTestPlatform } from './support/test-platform.ts'

const platform = useTestPlatform()

function ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return platform.fetch(new Request(`http://127.0.0.1${path}`, { headers }))
}

describe('the files of the page', () => {
  test('/dashboard leads to /dashboard/, and three addresses have the one page', async () => {
    const away = await ask('/dashboard')
    expect([away.status, away.headers.get('location')]).toEqual([308, '/dashboard/'])
    const pages = await Promise.all(
      ['/dashboard/', '/dashboard/playground', '/docs'].map((path) => ask(path)),
    )
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(pages.map(({ headers }) => headers.get('etag'))).size).toBe(1)
  })

  test('the page may run only scripts and styles of this server, and none that is written into it', async () => {
    const answer = await ask('/dashboard/')
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).not.toContain('unsafe')
    const html = await answer.text()
    expect(html).not.toMatch(/<style|\sstyle=|<script(?![^>]*\ssrc=)|https?:/u)
  })

  test('brotli and plain are the same bytes under two tags, and a known tag is not sent again', async () => {
    const [plain, brotli] = await Promise.all([
      ask('/docs', { 'accept-encoding': 'gzip, br;q=0' }),
      ask('/docs', { 'accept-encoding': 'gzip, deflate, br' }),
    ])
    expect([plain.headers.get('content-encoding'), brotli.headers.get('content-encoding')]).toEqual([
      null,
      'br',
    ])
    const unpacked = brotliDecompressSync(new Uint8Array(await brotli.arrayBuffer())).toString()
    expect(unpacked).toBe(await plain.text())
    const tag = brotli.headers.get('etag') ?? ''
    expect(tag).not.toBe(plain.headers.get('etag'))
    const again = await ask('/docs', { 'accept-encoding': 'br', 'if-none-match': `"x", ${tag}` })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  test('assets are immutable, and only those of the build are there', async () => {
    const html = await (await ask('/dashboard/')).text()
    const paths = [...html.matchAll(/(?:src|href)="(\/dashboard\/assets\/[^"]+)"/gu)].map(
      (match) => match[1] ?? '',
    )
    expect(paths.length).toBeGreaterThan(1)
    for (const path of paths) {
      const answer = await ask(path)
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([
        200,
        expect.stringContaining('immutable'),
      ])
    }
    for (const path of ['/dashboard/assets/none.js', '/dashboard/assets/..%2Findex.html', '/dashboard/x'])
      expect((await ask(path)).status).toBe(404)
  })
})

describe('GET /v1/overview', () => {
  const read = async (): Promise<OverviewReport> =>
    (await ask('/v1/overview')).json() as Promise<OverviewReport>

  test('tells of this process as a worker, and that nothing has happened yet', async () => {
    const report = await read()
    expect(report.workers).toEqual([
      {
        id: expect.stringMatching(/:\d+$/u),
        state: 'idle',
        models: ['sketch:sketch-1'],
        busy: 0,
        since: expect.any(String),
      },
    ])
    expect(report.queue).toEqual({
      queued: 0,
      running: 0,
      speculative: 0,
      oldestQueuedMs: null,
      failedLastHour: 0,
    })
    expect([report.failures, report.requests.hitShare]).toEqual([[], null])
  })

  test('counts what was asked for, by class, and tells of failures with their reason', async () => {
    const url = '/live/demo?size=64x64&prompt=a+fox'
    for (let times = 0; times < 3; times += 1) await (await ask(url)).arrayBuffer()
    const failed = await platform.fetch(
      new Request('http://127.0.0.1/v1/carousels', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          base: { url: 'https://no-such-host.example.com/none.jpg' },
          slides: [
            { kind: 'hook', title: 'One' },
            { kind: 'cta', title: 'Two' },
          ],
        }),
      }),
    )
    expect(failed.status).toBe(422)
    const stream = await ask('/v1/overview/events')
    expect(stream.headers.get('content-type')).toContain('text/event-stream')
    // The first event may have been read for somebody else, a second ago.
    let report: OverviewReport | undefined
    for await (const chunk of stream.body ?? []) {
      const data = /^data: (.*)$/mu.exec(new TextDecoder().decode(chunk))?.[1] ?? ''
      report = JSON.parse(data) as OverviewReport
      if (report.requests.byClass['hit'] !== undefined) break
    }
    expect(report?.requests.byClass).toMatchObject({ hit: 2, miss: 1 })
    expect(report?.latency.find((row) => row.class === 'hit')).toMatchObject({
      count: 2,
      p50Ms: expect.any(Number),
    })
    expect(report?.failures).toEqual([
      {
        requestId: expect.stringMatching(/^car_/u),
        at: expect.any(String),
        code: expect.stringMatching(/^base_/u),
        message: expect.any(String),
      },
    ])
    expect(report?.queue.failedLastHour).toBe(1)
  })
})

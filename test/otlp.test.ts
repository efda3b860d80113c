import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { pino } from 'pino'
import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDataDir, removeDataDir } from './support/server-process.ts'

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
}

interface Sent {
  path: string
  authorization: string | undefined
  body: {
    resourceSpans?: { scopeSpans: { spans: Span[] }[] }[]
    resourceMetrics?: {
      resource: { attributes: { key: string; value: { stringValue: string } }[] }
      scopeMetrics: { metrics: Metric[] }[]
    }[]
  }
}

interface Metric {
  name: string
  unit: string
  exponentialHistogram?: {
    aggregationTemporality: number
    dataPoints: { scale: number; count: string; positive: { bucketCounts: string[] } }[]
  }
}

/** A collector that keeps what it is sent. */
const sent: Sent[] = []
let collector: Server
let dataDir: string
let platform: Platform

beforeAll(async () => {
  collector = createServer((request, response) => {
    void json(request).then((body) => {
      const { authorization } = request.headers
      sent.push({ path: request.url ?? '', authorization, body: body as Sent['body'] })
      response.end('{}')
    })
  })
  collector.listen(0, '127.0.0.1')
  await once(collector, 'listening')
  const { port } = collector.address() as AddressInfo
  dataDir = await makeDataDir()
  platform = await createPlatform({
    config: parseConfig({
      DARKROOM_DATA: dataDir,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x',
    }),
    log: pino({ level: 'silent' }),
  })
})
afterAll(async () => {
  collector.closeAllConnections()
  collector.close()
  await removeDataDir(dataDir)
})

test('one trace from the caller through the gateway and the queue to the worker; histograms as they are', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const response = await platform.fetch(
    new Request('http://127.0.0.1/live/traced?prompt=a+harbour&size=64x64', {
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    }),
  )
  expect(response.status).toBe(200)
  const native = await platform.fetch(
    new Request('http://127.0.0.1/v1/generations', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        traceparent: '00-11111111111111111111111111111111-2222222222222222-01',
      },
      body: JSON.stringify({ prompt: 'another harbour', size: '64x64' }),
    }),
  )
  expect(native.status).toBe(201)
  const unsampled = await platform.fetch(
    new Request('http://127.0.0.1/live/traced?prompt=a+harbour&size=64x64', {
      headers: { traceparent: '00-33333333333333333333333333333333-2222222222222222-00' },
    }),
  )
  expect(unsampled.status).toBe(200)
  const metrics = await platform.fetch(
    new Request('http://127.0.0.1/metrics', { headers: { accept: 'application/openmetrics-text' } }),
  )
  expect(await metrics.text()).toContain(`# {trace_id="${traceId}"}`)
  await platform.close()

  const spans = sent.flatMap(({ body }) =>
    (body.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans.flatMap((each) => each.spans)),
  )
  const own = spans.filter((span) => span.traceId === traceId)
  const server = own.find(({ kind }) => kind === 2)
  const job = own.find(({ kind }) => kind === 5)
  expect(server).toMatchObject({ name: 'GET /live/{scope}', parentSpanId: '00f067aa0ba902b7' })
  expect(job).toMatchObject({ name: 'job/generation', parentSpanId: server?.spanId })
  const stages = own.filter(({ parentSpanId }) => parentSpanId === job?.spanId).map(({ name }) => name)
  expect(stages).toEqual(['queue', 'warm', 'generate', 'encode', 'store'])
  for (const span of own) {
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano))
  }
  expect(spans.some(({ traceId: each }) => each.startsWith('3333'))).toBe(false)
  expect(spans.filter(({ traceId: each, kind }) => each.startsWith('1111') && kind === 5)).toHaveLength(1)

  const [resource] = sent.find(({ path }) => path === '/v1/metrics')?.body.resourceMetrics ?? []
  const names = resource?.resource.attributes.map(({ key, value }) => `${key}=${value.stringValue}`)
  expect(names?.[0]).toBe('service.name=darkroom')
  const metric = resource?.scopeMetrics[0]?.metrics.find(({ name }) => name === 'darkroom.request.duration')
  expect(metric).toMatchObject({ unit: 'ms', exponentialHistogram: { aggregationTemporality: 2 } })
  for (const { scale, count, positive } of metric?.exponentialHistogram?.dataPoints ?? []) {
    expect(scale).toBe(6)
    expect(positive.bucketCounts.reduce((sum, each) => sum + Number(each), 0)).toBe(Number(count))
  }
  expect(new Set(sent.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer x']))
})
